import type { HistoryRow } from "../api/generated.ts";
import { emptySecond, type Second } from "./rates.ts";

interface Ended extends Pick<HistoryRow, "started_at" | "outcome" | "cached"> {
  readonly duration_ms?: number | undefined;
}

/**
 * The seconds with what the history knows of them: the feed tells only of what ended since the page was opened.
 * Both count the same calls, so whichever knows of more of a second is right.
 */
export function withEarlier(
  seconds: readonly Second[],
  history: readonly Ended[],
): readonly Second[] {
  const known = new Map<number, Second>();
  for (const call of history) {
    if (call.duration_ms === undefined) continue;
    const at = Math.floor((Date.parse(call.started_at) + call.duration_ms) / 1_000);
    known.set(at, withEnded(known.get(at) ?? emptySecond(at), call, call.duration_ms));
  }
  return seconds.map((second) => {
    const earlier = known.get(second.at);
    return earlier !== undefined && earlier.calls > second.calls ? earlier : second;
  });
}

function withEnded(second: Second, { outcome, cached }: Ended, ms: number): Second {
  return {
    at: second.at,
    calls: second.calls + 1,
    failures: second.failures + (outcome === "success" ? 0 : 1),
    cached: second.cached + (cached ? 1 : 0),
    totalMs: second.totalMs + ms,
    slowestMs: Math.max(second.slowestMs, ms),
  };
}
