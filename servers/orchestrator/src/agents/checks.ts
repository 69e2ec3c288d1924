import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandResult, runCommand } from "@trestle/process";
import type { Clock } from "@trestle/protocol";
import type { ProcessRegistry } from "@trestle/upstream";
import type { Environment } from "@trestle/upstream/processes";
import type { CheckConfig } from "./agents-config.ts";

export interface CheckParts {
  readonly clock: Clock;
  readonly environment: Environment;
  readonly registry?: Pick<ProcessRegistry, "spawn" | "release">;
}

const MEGABYTE = 1024 * 1024;

/** Runs an operator's check in a folder, with a home of its own and the input on its standard input. */
export async function runCheck(
  { command, env, passEnv, timeoutMs, maxOutputMb, maxMemoryMb }: CheckConfig,
  { folder, input }: { readonly folder?: string | undefined; readonly input: string },
  parts: CheckParts,
  signal?: AbortSignal,
): Promise<CommandResult> {
  const home = mkdtempSync(join(tmpdir(), "trestle-check-"));
  try {
    const own = { HOME: home, TMPDIR: home, TEMP: home, TMP: home, CI: "1" };
    return await runCommand(
      {
        command,
        cwd: folder ?? home,
        env: { ...own, ...passed(parts.environment, passEnv), ...env },
        input,
        timeoutMs,
        maxOutputBytes: maxOutputMb * MEGABYTE,
        maxMemoryBytes: maxMemoryMb * MEGABYTE,
      },
      { ...parts, id: `check-${randomUUID()}` },
      signal,
    );
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Those of our variables that the operator lists, where they are set. */
export function passed(environment: Environment, names: readonly string[]): Record<string, string> {
  const entries = names.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

/** What a check said, where it did not pass. */
export function refusalOf({ passed: isPassed, stopped, exitCode, output }: CommandResult) {
  if (isPassed) return undefined;
  return `${stopped === undefined ? `exit code ${exitCode ?? "none"}` : `ended (${stopped})`}\n${output}`;
}
