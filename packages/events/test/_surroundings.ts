import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "@trestle/protocol";
import { onTestFinished } from "vitest";

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "trestle-events-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface ManualClock extends Clock {
  /** Moves time on and runs what is due, in order. */
  advance(ms: number): void;
  /** How far away the next timer is. */
  next(): number | undefined;
}

/** A clock that stands still until it is moved. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let time = start;
  const timers = new Set<{ at: number; work: () => void }>();
  const earliest = () => [...timers].sort((a, b) => a.at - b.at)[0];
  return {
    now: () => time,
    after(ms, work) {
      const timer = { at: time + ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = time + ms;
      for (let timer = earliest(); timer && timer.at <= end; timer = earliest()) {
        timers.delete(timer);
        time = Math.max(time, timer.at);
        timer.work();
      }
      time = end;
    },
    next() {
      const timer = earliest();
      return timer && timer.at - time;
    },
  };
}

/** Waits for a condition, with a deadline that names it. */
export async function until(
  what: string,
  look: () => boolean | undefined,
  deadlineMs = 10_000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!look()) {
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await pause(3);
  }
}

export interface SeededRandom {
  /** At least 0, below 1. */
  next(): number;
  below(limit: number): number;
  pick<Item>(items: readonly Item[]): Item;
  rounds(byDefault: number): number;
}

/** Repeatable randomness; the seed is printed so that a failure can be run again. */
export function seededRandom(): SeededRandom {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
  process.stderr.write(`SEED=${seed}\n`);
  let state = seed >>> 0 || 1;
  function next(): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  }
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    rounds: (byDefault) => Number(process.env.ROUNDS ?? byDefault),
  };
}
