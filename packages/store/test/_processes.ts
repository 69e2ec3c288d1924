import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createLineSplitter, type JsonObject } from "@trestle/protocol";
import { onTestFinished } from "vitest";

/** A real process that takes commands on stdin and answers on stdout, one JSON line each. */
export interface TestProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything it said that is no answer. */
  readonly said: JsonObject[];
  /** Rejects with what the process rejected with, or when it ends. */
  ask(command: string, fields?: JsonObject): Promise<JsonObject>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "trestle-store-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function startProcess(script: string, args: readonly string[]): TestProcess {
  const file = new URL(script, import.meta.url).pathname;
  const child = spawn(process.execPath, ["--no-warnings", file, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map<number, PromiseWithResolvers<JsonObject>>();
  const said: JsonObject[] = [];
  const lines = createLineSplitter();
  let lastId = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    for (const line of lines.push(chunk).lines) {
      const message = JSON.parse(line) as JsonObject;
      const one = waiting.get(Number(message.id));
      if (!one) said.push(message);
      else if (message.error) one.reject(Object.assign(new Error(), message.error));
      else one.resolve(message);
    }
  });
  child.stdin.on("error", () => {});
  child.once("exit", () => {
    for (const one of waiting.values()) one.reject(new Error("the process ended"));
  });
  const kill = async (signal: NodeJS.Signals = "SIGKILL") => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  onTestFinished(() => kill());
  return {
    child,
    pid: child.pid ?? 0,
    said,
    async ask(command, fields = {}) {
      const id = ++lastId;
      const answer = Promise.withResolvers<JsonObject>();
      waiting.set(id, answer);
      child.stdin.write(`${JSON.stringify({ id, command, ...fields })}\n`);
      return answer.promise;
    },
    kill,
  };
}

/** Waits for a condition, with a deadline that names it. */
export async function until<Value>(
  what: string,
  look: () => Value | undefined | false,
  deadlineMs = 25_000,
): Promise<Value> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await pause(3);
  }
}

/** Repeatable randomness; the seed is printed so that a failure can be run again. */
export function seededRandom(): { next(): number; rounds(byDefault: number): number } {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
  process.stderr.write(`SEED=${seed}\n`);
  let state = seed >>> 0 || 1;
  return {
    next() {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      state >>>= 0;
      return state / 2 ** 32;
    },
    rounds: (byDefault) => Number(process.env.ROUNDS ?? byDefault),
  };
}
