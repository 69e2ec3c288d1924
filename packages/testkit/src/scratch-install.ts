import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

/** What is installed, each in an exact version, so that another day's run is of the same programs. */
export interface ScratchManifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

const OPTIONS = ["--no-audit", "--no-fund", "--ignore-scripts"];
const PATIENCE = ["--fetch-retries=1", "--fetch-timeout=20000"];
const LONGEST_MS = 150_000;

/**
 * Installs what is too heavy for the workspace into a folder of its own, which the next run finds
 * again; nothing of it is run by installing it. `beforeInstall` hears of it where it must be done.
 * @returns the folder; what was named is in its `node_modules`.
 * @throws Error where npm could not install it from the registry.
 */
export async function installScratch(
  given: ScratchManifest,
  beforeInstall: () => void = () => {},
): Promise<string> {
  const manifest = JSON.stringify({ private: true, ...given });
  const name = createHash("sha256").update(manifest).digest("hex").slice(0, 12);
  const folder = join(tmpdir(), `trestle-scratch-${name}`);
  if (isWhole(folder, given)) return folder;
  beforeInstall();
  const draft = `${folder}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  try {
    await writeFile(join(draft, "package.json"), manifest);
    const how = { cwd: draft, timeout: LONGEST_MS } as const;
    await promisify(execFile)("npm", ["install", ...OPTIONS, ...PATIENCE], how).catch((cause) => {
      throw new Error("npm could not install it from the registry.", { cause });
    });
    await rename(draft, folder).catch(() => replace(draft, folder, given));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

/**
 * The same for a test that cannot run without it. A person whose machine cannot install it is told
 * what is left out, and gets undefined; under `CI=true`, where nothing may be left out, it throws.
 */
export async function scratchForTests(given: ScratchManifest): Promise<string | undefined> {
  const names = Object.entries(given.dependencies).map((pair) => pair.join(" "));
  try {
    return await installScratch(given);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const [why = cause ?? error] = /\bE[A-Z0-9_]{3,}\b/.exec(String(cause ?? error)) ?? [];
    const sentence = `${names.join(", ")} could not be installed (${why}).`;
    if (process.env.CI === "true") throw new Error(sentence, { cause: error });
    process.stderr.write(`${sentence} Tests that need it are skipped.\n`);
    return undefined;
  }
}

/** Another process was quicker, or what is there is no longer whole. */
async function replace(draft: string, folder: string, given: ScratchManifest): Promise<void> {
  if (isWhole(folder, given)) return;
  const broken = `${draft}.broken`;
  await rename(folder, broken).catch(() => {});
  await rename(draft, folder);
  await rm(broken, { recursive: true, force: true });
}

function isWhole(folder: string, { dependencies }: ScratchManifest): boolean {
  return Object.keys(dependencies).every((name) =>
    existsSync(join(folder, "node_modules", name, "package.json")),
  );
}
