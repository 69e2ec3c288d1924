import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandParts, type CommandResult, runCommand } from "@trestle/process";
import { copyFolder } from "./copy-folder.ts";

/** What the operator configured. Nothing of it comes from a call or a record. */
export interface CheckConfig {
  readonly command: readonly [string, ...string[]];
  /** Copied before the command runs in the copy. */
  readonly folder: string;
  readonly timeoutMs: number;
  /** Of standard output and standard error together; more ends the check. */
  readonly maxOutputBytes: number;
  /** Of all its processes together; Linux only. */
  readonly maxMemoryBytes: number;
  readonly maxCopyBytes: number;
  readonly maxCopyFiles: number;
}

export interface CheckParts extends Pick<CommandParts, "clock" | "environment"> {
  readonly ids: { next(): string };
}

/**
 * Runs the configured command in a copy of the configured folder, with a home of its own. The copy is deleted.
 *
 * @throws the error of the start where there is no such program
 */
export async function runCheck(
  config: CheckConfig,
  { clock, ids, environment }: CheckParts,
  signal?: AbortSignal,
): Promise<CommandResult> {
  const place = await mkdtemp(join(tmpdir(), "trestle-check-"));
  try {
    const copy = join(place, "copy");
    const home = join(place, "home");
    await mkdir(home, { mode: 0o700 });
    const { maxCopyBytes: maxBytes, maxCopyFiles: maxFiles, folder, ...limits } = config;
    await copyFolder(folder, copy, { maxBytes, maxFiles }, signal);
    const env = { HOME: home, TMPDIR: home, TEMP: home, TMP: home, CI: "1" };
    const parts = { clock, environment, id: ids.next() };
    return await runCommand({ ...limits, cwd: copy, env }, parts, signal);
  } finally {
    // What was just killed may still be letting go of its files.
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  }
}
