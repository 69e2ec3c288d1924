import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "@trestle/testkit/surroundings";
import { inject } from "vitest";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the files of one run keep what they share; it ends with the run. */
    readonly runFolder: string;
  }
}

let runFolder: string;

export function setup(project: TestProject): void {
  runFolder = realpathSync(mkdtempSync(join(tmpdir(), "trestle-run-")));
  project.provide("runFolder", runFolder);
}

export function teardown(): void {
  rmSync(runFolder, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Does something expensive once for all test files of a run: who comes first makes it in a folder of that
 * name, the others wait for it. Where making it fails, it fails for all of them.
 * @returns the folder.
 */
export async function oncePerRun(
  name: string,
  make: (folder: string) => Promise<void>,
  deadlineMs: number,
): Promise<string> {
  const folder = join(inject("runFolder"), name);
  const outcome = `${folder}.outcome`;
  if (isFirst(folder)) {
    const failure = await make(folder).then(
      () => "",
      (error: unknown) => String(error),
    );
    writeFileSync(`${outcome}.draft`, failure);
    renameSync(`${outcome}.draft`, outcome);
  }
  await until(`another test file has made ${name}`, () => existsSync(outcome), deadlineMs);
  const failure = readFileSync(outcome, "utf8");
  if (failure !== "") throw new Error(`${name} could not be made: ${failure}`);
  return folder;
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
