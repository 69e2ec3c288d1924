import type { Clock } from "@trestle/protocol";
import type { LimitStore } from "./limit.ts";

interface Window {
  used: number;
  until: number;
}

const SWEEP_EVERY_MS = 60_000;

/** Counts in this process. A window begins with the first call after the last one ended. */
export function createMemoryLimits(clock: Clock): LimitStore {
  const windows = new Map<string, Window>();
  let nextSweep = clock.now() + SWEEP_EVERY_MS;

  /** Forgets callers that no longer call. */
  function sweep(now: number): void {
    nextSweep = now + SWEEP_EVERY_MS;
    for (const [key, { until }] of windows) if (now >= until) windows.delete(key);
  }

  return {
    take(key, { calls, windowMs }) {
      const now = clock.now();
      if (now >= nextSweep) sweep(now);
      let window = windows.get(key);
      if (window === undefined || now >= window.until) {
        window = { used: 0, until: now + windowMs };
        windows.set(key, window);
      }
      const allowed = window.used < calls;
      if (allowed) window.used += 1;
      const remaining = Math.max(0, calls - window.used);
      return { allowed, limit: calls, remaining, reset: window.until };
    },
  };
}
