import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "@trestle/protocol";
import type { ProcessRegistry } from "@trestle/upstream";
import { childEnvironment, type Environment, endGroup } from "@trestle/upstream/processes";
import { createTail } from "./output-tail.ts";
import { kill, MARK, memoryOf, processesOf } from "./processes-of.ts";

/** What the operator configured. Nothing of it comes from a call. */
export interface CommandSpec {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** Added to the few variables that every child gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to its standard input, which then ends; without it there is none. */
  readonly input?: string;
  readonly timeoutMs: number;
  /** Of standard output and standard error together; more ends the command. */
  readonly maxOutputBytes: number;
  /** Of all its processes together; Linux only. */
  readonly maxMemoryBytes?: number;
  /** How much of the end of what it says is kept; 8 KB by default. Bytes. */
  readonly tailBytes?: number;
}

export interface CommandParts {
  readonly clock: Clock;
  /** Ours, of which it gets what can hold no secret. */
  readonly environment: Environment;
  /** By which its processes are known, also to a process that comes after us. */
  readonly id: string;
  /** Where given, its processes end even where ours is killed. */
  readonly registry?: Pick<ProcessRegistry, "spawn" | "release">;
}

export type StopReason = "timeout" | "output" | "memory" | "cancelled";

export interface CommandResult {
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
 * Runs a command without a shell, with an environment that holds no secret of ours, in a process group that
 * is killed at the end whatever it left behind.
 *
 * @throws the error of the start where there is no such program
 */
export async function runCommand(
  spec: CommandSpec,
  parts: CommandParts,
  signal?: AbortSignal,
): Promise<CommandResult> {
  const child = start(spec, parts);
  return await follow(child, spec, { ...parts, signal });
}

function start(spec: CommandSpec, { environment, id, registry }: CommandParts): ChildProcess {
  const [command, ...args] = spec.command;
  const own = { ...spec.env, [MARK]: id };
  const { cwd } = spec;
  const child =
    registry === undefined
      ? spawn(command, args, {
          cwd,
          env: childEnvironment(environment, own),
          stdio: [spec.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
          detached: true,
        })
      : registry.spawn({ upstream: id, command, args, cwd, env: own });
  // One that does not read what it is told, or is gone before, is no failure of ours.
  child.stdin?.on("error", () => {});
  child.stdin?.end(spec.input);
  return child;
}

interface Following extends CommandParts {
  readonly signal: AbortSignal | undefined;
}

async function follow(
  child: ChildProcess,
  spec: CommandSpec,
  parts: Following,
): Promise<CommandResult> {
  const { clock, id, signal } = parts;
  const { maxMemoryBytes = Infinity, maxOutputBytes } = spec;
  const started = clock.now();
  const tail = createTail(spec.tailBytes);
  let stopped: StopReason | undefined;
  const group = child.pid;

  const stop = (reason: StopReason) => {
    stopped ??= reason;
    if (group !== undefined) void endAll(child, group, parts);
  };
  const cancelTimeout = clock.after(spec.timeoutMs, () => stop("timeout"));
  const look = setInterval(() => {
    if (group === undefined || maxMemoryBytes === Infinity) return;
    if (memoryOf(processesOf(group, id)) > maxMemoryBytes) stop("memory");
  }, LOOK_MS);
  const cancel = () => stop("cancelled");
  signal?.addEventListener("abort", cancel, { once: true });
  if (signal?.aborted) cancel();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      if (tail.add(chunk) > maxOutputBytes) stop("output");
    });
  }

  try {
    const { code, by } = await ended(child);
    if (group !== undefined) await endAll(child, group, parts);
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

async function endAll(
  child: ChildProcess,
  group: number,
  { id, registry }: CommandParts,
): Promise<void> {
  if (registry === undefined) await endGroup(group, TERM_MS);
  else await registry.release(child as Parameters<ProcessRegistry["release"]>[0], TERM_MS);
  for (const pid of processesOf(group, id)) kill(pid);
}
