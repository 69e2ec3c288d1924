import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@trestle/protocol";
import { childEnvironment, type Environment, endGroup } from "@trestle/upstream/processes";
import { copyFolder } from "./copy-folder.ts";
import { createTail } from "./output-tail.ts";
import { MARK, memoryOf, processesOf } from "./processes-of.ts";

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

export interface CheckParts {
  readonly clock: Clock;
  readonly ids: { next(): string };
  readonly environment: Environment;
}

export type StopReason = "timeout" | "output" | "memory" | "cancelled";

export interface CheckResult {
  /** It ended by itself, with 0. */
  readonly passed: boolean;
  readonly exitCode: number | undefined;
  readonly endedBy: NodeJS.Signals | undefined;
  /** Why it was ended. */
  readonly stopped: StopReason | undefined;
  readonly durationMs: number;
  /** The end of what it said. */
  readonly output: string;
}

const LOOK_MS = 200;
const TERM_MS = 1_000;

/**
 * Runs the configured command in a copy of the configured folder: without a shell, with an environment
 * that holds no secret and a home of its own, in a process group that is killed at the end whatever it
 * left behind. The copy is deleted.
 *
 * @throws the error of the start where there is no such program
 */
export async function runCheck(
  config: CheckConfig,
  { clock, ids, environment }: CheckParts,
  signal?: AbortSignal,
): Promise<CheckResult> {
  const place = await mkdtemp(join(tmpdir(), "trestle-check-"));
  try {
    const copy = join(place, "copy");
    const home = join(place, "home");
    await mkdir(home, { mode: 0o700 });
    const { maxCopyBytes: maxBytes, maxCopyFiles: maxFiles } = config;
    await copyFolder(config.folder, copy, { maxBytes, maxFiles }, signal);
    const id = ids.next();
    const own = { HOME: home, TMPDIR: home, TEMP: home, TMP: home, CI: "1", [MARK]: id };
    const [program, ...args] = config.command;
    const child = spawn(program, args, {
      cwd: copy,
      env: childEnvironment(environment, own),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    return await follow(child, id, { config, clock, signal });
  } finally {
    // What was just killed may still be letting go of its files.
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Following {
  readonly config: CheckConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

async function follow(
  child: ChildProcess,
  id: string,
  { config, clock, signal }: Following,
): Promise<CheckResult> {
  const started = clock.now();
  const tail = createTail();
  let stopped: StopReason | undefined;
  const group = child.pid;

  const stop = (reason: StopReason) => {
    stopped ??= reason;
    if (group !== undefined) void endAll(group, id);
  };
  const cancelTimeout = clock.after(config.timeoutMs, () => stop("timeout"));
  const look = setInterval(() => {
    if (group === undefined) return;
    if (memoryOf(processesOf(group, id)) > config.maxMemoryBytes) stop("memory");
  }, LOOK_MS);
  const cancel = () => stop("cancelled");
  signal?.addEventListener("abort", cancel, { once: true });
  if (signal?.aborted) cancel();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      if (tail.add(chunk) > config.maxOutputBytes) stop("output");
    });
  }

  try {
    const { code, by } = await ended(child);
    if (group !== undefined) await endAll(group, id);
    return {
      passed: code === 0 && stopped === undefined,
      exitCode: code ?? undefined,
      endedBy: by ?? undefined,
      stopped,
      durationMs: clock.now() - started,
      output: tail.text(),
    };
  } finally {
    cancelTimeout();
    clearInterval(look);
    signal?.removeEventListener("abort", cancel);
  }
}

/** The program itself; a child that it left may hold its pipes open for ever. */
function ended(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly by: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, by) => resolve({ code, by }));
  });
}

async function endAll(group: number, id: string): Promise<void> {
  await endGroup(group, TERM_MS);
  for (const pid of processesOf(group, id)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
