import type { HistoryRow } from "@trestle/policy";
import type { Clock } from "@trestle/protocol";

/** A finished execution; what a test does not name is ordinary. */
export function rowOf(changes: Partial<HistoryRow> = {}): HistoryRow {
  return {
    executionId: "e",
    server: "one",
    tool: "read",
    principal: "local",
    readOnly: true,
    arguments: {},
    outcome: "success",
    startedAt: 1_000,
    durationMs: 1,
    attempts: 1,
    retries: 0,
    cached: false,
    fallbackUsed: false,
    stages: [],
    ...changes,
  };
}

/** A clock that stands still until it is moved, in either direction; its timers run when they fall due. */
export interface Timeline extends Clock {
  advance(ms: number): void;
}

export function createTimeline(start: number): Timeline {
  let now = start;
  const timers = new Set<{ readonly at: number; readonly work: () => void }>();
  return {
    now: () => now,
    after(ms, work) {
      const timer = { at: now + ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of timers) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.work();
      }
    },
  };
}
