import type { Clock } from "@trestle/protocol";
import type { LimitRule, LimitState } from "../limit.ts";

/** Goes on counting where the place that counts for everybody is gone. */
export interface LimitInsurance {
  /** Counts one call, unless this process's part of the limit is used up. */
  take(key: string, rule: LimitRule): LimitState;
  /** Calls of a window that still runs, let through here and counted nowhere else. */
  owed(key: string): number;
  /** What the common count says now that it holds what was owed. */
  learn(key: string, facts: LearntFacts): void;
}

export interface LearntFacts {
  readonly owed: number;
  readonly remaining: number;
  readonly reset: number;
}

interface Window {
  /** Let through here since the common count was last heard of. */
  owed: number;
  /** What was left for everybody then; undefined where the window began without it. */
  remaining: number | undefined;
  until: number;
}

const SWEEP_EVERY_MS = 60_000;

/**
 * All processes count for themselves then, so each has its part only: of what was left when the common count was
 * last heard of, and of the whole limit in windows that begin later. At least one call each.
 */
export function createLimitInsurance(clock: Clock, replicas: () => number): LimitInsurance {
  const windows = new Map<string, Window>();
  let nextSweep = clock.now() + SWEEP_EVERY_MS;

  function find(key: string): Window | undefined {
    const now = clock.now();
    if (now >= nextSweep) {
      nextSweep = now + SWEEP_EVERY_MS;
      for (const [name, { until }] of windows) if (now >= until) windows.delete(name);
    }
    const window = windows.get(key);
    return window !== undefined && now < window.until ? window : undefined;
  }

  function partOf(all: number): number {
    return all === 0 ? 0 : Math.max(1, Math.floor(all / Math.max(1, replicas())));
  }

  return {
    take(key, { calls, windowMs }) {
      let window = find(key);
      if (window === undefined) {
        window = { owed: 0, remaining: undefined, until: clock.now() + windowMs };
        windows.set(key, window);
      }
      const part = partOf(Math.min(calls, window.remaining ?? calls));
      const allowed = window.owed < part;
      if (allowed) window.owed += 1;
      const remaining = Math.max(0, part - window.owed);
      return { allowed, limit: calls, remaining, reset: window.until };
    },
    owed: (key) => find(key)?.owed ?? 0,
    learn(key, { owed, remaining, reset }) {
      const window = find(key);
      if (window === undefined) {
        windows.set(key, { owed: 0, remaining, until: reset });
        return;
      }
      // What was let through while the answer was on its way is still owed.
      window.owed = Math.max(0, window.owed - owed);
      window.remaining = remaining;
      window.until = Math.max(reset, window.owed > 0 ? window.until : reset);
    },
  };
}
