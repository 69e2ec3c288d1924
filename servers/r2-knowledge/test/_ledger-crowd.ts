import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { nodeEnvironment, type SeededRandom } from "@trestle/testkit/surroundings";
import type { Known } from "../src/ledger/merge.ts";
import type { StorePlace, WriterTask } from "./_ledger-writer.ts";

const PROGRAM = new URL("./_ledger-writer.ts", import.meta.url).pathname;

export interface CrowdOptions {
  readonly store: StorePlace;
  readonly writers: number;
  readonly each: number;
  readonly atOnce: number;
  readonly compactEveryMs: number;
  /** How many of the writers' things it takes, on average, until one of them is killed. */
  readonly killAfter: number;
  readonly random: SeededRandom;
}

export interface CrowdOutcome {
  /** What was acknowledged last of each id, to whoever asked. */
  readonly acknowledged: ReadonlyMap<string, Known>;
  readonly kills: number;
  /** How long each writer took for all it had to write, in milliseconds, without starts after kills. */
  readonly tookMs: readonly number[];
}

/** Processes that write at once, are killed at any moment, and started again behind what they had begun. */
export async function runCrowd(options: CrowdOptions): Promise<CrowdOutcome> {
  const acknowledged = new Map<string, Known>();
  let kills = 0;
  const tookMs = await Promise.all(
    Array.from({ length: options.writers }, async (_, at) => {
      const name = `w${at}`;
      let from = 0;
      let took = 0;
      for (let isDone = false; !isDone; ) {
        const task = { ...options, name, from, to: options.each };
        const life = await liveOnce(task, options, acknowledged);
        isDone = life.isDone;
        from = life.next;
        took += life.tookMs;
        if (!isDone) kills += 1;
      }
      return took;
    }),
  );
  return { acknowledged, kills, tookMs };
}

async function liveOnce(
  { store, name, from, to, atOnce, compactEveryMs }: WriterTask,
  { killAfter, random }: CrowdOptions,
  acknowledged: Map<string, Known>,
): Promise<{ readonly isDone: boolean; readonly next: number; readonly tookMs: number }> {
  const task: WriterTask = { store, name, from, to, atOnce, compactEveryMs };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], {
    env: nodeEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let next = from;
  let isDone = false;
  let begun: number | undefined;
  let lastAt = 0;
  let left = 1 + random.below(2 * killAfter);
  for await (const text of createInterface({ input: child.stdout })) {
    const [word, number, kind, version] = text.split(" ");
    begun ??= performance.now();
    lastAt = performance.now();
    if (word === "done") isDone = true;
    if (word === "try") next = Math.max(next, Number(number) + 1);
    if (word === "stored") {
      acknowledged.set(`${name}-${number}`, { version: Number(version), gone: kind === "gone" });
      left -= 1;
      if (left === 0) child.kill("SIGKILL");
    }
  }
  const code = await exitOf(child);
  if (!isDone && code !== null) throw new Error(`${name} ended with ${code}`);
  return { isDone, next, tookMs: lastAt - (begun ?? lastAt) };
}

function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => void child.once("exit", (code) => resolve(code)));
}
