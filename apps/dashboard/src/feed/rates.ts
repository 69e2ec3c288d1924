import type { FeedEvent } from "./connection.ts";

/** What happened in one second. */
export interface Second {
  /** Epoch seconds. */
  readonly at: number;
  readonly calls: number;
  readonly failures: number;
  readonly cached: number;
  readonly totalMs: number;
  readonly slowestMs: number;
}

/** Two minutes, as many as a chart shows. */
export const SECONDS_SHOWN = 120;

/** The seconds with what a batch of events adds to them, and without those that have gone by. */
export function addEvents(
  seconds: readonly Second[],
  batch: readonly FeedEvent[],
  now: number,
): readonly Second[] {
  const byTime = new Map(seconds.map((each) => [each.at, each]));
  for (const event of batch) {
    if (!isFinishedCall(event)) continue;
    const at = Math.floor(timeOf(event) / 1_000);
    byTime.set(at, withCall(byTime.get(at) ?? emptySecond(at), event));
  }
  const oldest = Math.floor(now / 1_000) - SECONDS_SHOWN;
  return [...byTime.values()].filter(({ at }) => at > oldest).sort((a, b) => a.at - b.at);
}

/** Every second of the span, those in which nothing happened too. */
export function everySecond(seconds: readonly Second[], now: number): readonly Second[] {
  const byTime = new Map(seconds.map((each) => [each.at, each]));
  // The second that has just begun would always look like a fall.
  const last = Math.floor(now / 1_000) - 1;
  return Array.from({ length: SECONDS_SHOWN }, (_, index) => {
    const at = last - SECONDS_SHOWN + 1 + index;
    return byTime.get(at) ?? emptySecond(at);
  });
}

export function timeOf({ time }: Pick<FeedEvent, "time">): number {
  return typeof time === "number" ? time : Date.parse(time);
}

/** A call that ended, well or not. */
export function isFinishedCall({ topic }: Pick<FeedEvent, "topic">): boolean {
  return topic.startsWith("call.");
}

function withCall(second: Second, { topic, payload }: FeedEvent): Second {
  const ms = Number(payload.durationMs ?? 0);
  return {
    at: second.at,
    calls: second.calls + 1,
    failures: second.failures + (topic !== "call.success" ? 1 : 0),
    cached: second.cached + (payload.cached === true ? 1 : 0),
    totalMs: second.totalMs + ms,
    slowestMs: Math.max(second.slowestMs, ms),
  };
}

/** A second in which nothing was called. */
export function emptySecond(at: number): Second {
  return { at, calls: 0, failures: 0, cached: 0, totalMs: 0, slowestMs: 0 };
}
