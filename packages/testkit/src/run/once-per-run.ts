import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { until } from "../surroundings/until.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the files of one run keep what they share; it ends with the run. */
    readonly runFolder: string;
    /** Whether our programs are to be started as their sources, and not as the run bundled them. */
    readonly startsSources: boolean;
    /** What a run chooses by, of things that it need not do all of: `SEED`, or a number of its own; left out, all. */
    readonly chance?: number;
  }
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
