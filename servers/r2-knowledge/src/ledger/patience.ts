import type { Clock } from "@trestle/protocol";
import { ObjectStoreError } from "../object-store/object-store.ts";
import { codeOf } from "./errors.ts";

export interface Patience {
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** How long one thing is tried for, in milliseconds. */
  readonly deadlineMs: number;
  /** How long one attempt may take, in milliseconds. */
  readonly attemptMs: number;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
const HOLD_MS = 1_000_000;

/** Asks a store until it answers: again where it was busy or not reached, within the deadline. */
export async function patiently<Result>(
  { clock, random, deadlineMs, attemptMs }: Patience,
  attempt: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const end = clock.now() + deadlineMs;
  for (let failures = 0; ; failures += 1) {
    const limit = Math.max(1, Math.min(attemptMs, end - clock.now()));
    const timer = new AbortController();
    const disarm = clock.after(limit, () => timer.abort());
    try {
      return await attempt(timer.signal);
    } catch (caught) {
      const error = timer.signal.aborted ? silence(limit, caught) : caught;
      if (!isPassing(error)) throw error;
      const delay = delayBefore(failures, random);
      if (clock.now() + delay >= end) throw error;
      await pass(clock, delay);
    } finally {
      disarm();
    }
  }
}

function silence(ms: number, cause: unknown): ObjectStoreError {
  const message = `The store did not answer within ${Math.round(ms / 100) / 10} s.`;
  return new ObjectStoreError("unavailable", message, { cause });
}

/** A clock's timers keep no process alive; what somebody waits for must. */
async function pass(clock: Clock, ms: number): Promise<void> {
  const hold = setInterval(() => {}, HOLD_MS);
  await new Promise<void>((resolve) => void clock.after(ms, resolve));
  clearInterval(hold);
}

/** It may well go better the next time. */
function isPassing(error: unknown): boolean {
  return ["throttled", "unavailable", "outcome_unknown"].includes(codeOf(error) ?? "");
}

/** Twice as long each time; by chance up to half of it less, so that many do not come back in step. */
function delayBefore(failures: number, random: () => number): number {
  const whole = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures, 10));
  return whole / 2 + (whole / 2) * random();
}
