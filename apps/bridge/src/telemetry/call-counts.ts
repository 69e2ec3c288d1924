import type { HistoryRow } from "@trestle/policy";

/** Upper bounds in seconds, as the conventions of OpenTelemetry for MCP advise. */
export const BOUNDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] as const;

/** Calls of one tool that ended in one way. */
export interface CallCount {
  readonly server: string;
  readonly tool: string;
  /** `success`, or the code of the failure. */
  readonly outcome: string;
  calls: number;
  seconds: number;
  cached: number;
  retries: number;
  fallbacks: number;
  cost: number;
  /** Of each bound, how many took no longer than that and longer than the one before; the last: longer. */
  readonly buckets: number[];
}

export interface CallCounts {
  observe(row: HistoryRow): void;
  all(): readonly CallCount[];
  /** Since when they are counted, in epoch milliseconds. */
  readonly since: number;
}

/** Servers name their tools and codes as they like: of more, the others are counted together. */
const MOST = 2_000;
const OTHER = "(other)";

export function createCallCounts(since: number): CallCounts {
  const counts = new Map<string, CallCount>();

  function countOf(server: string, tool: string, outcome: string): CallCount {
    const key = `${server}\n${tool}\n${outcome}`;
    const known = counts.get(key);
    if (known !== undefined) return known;
    if (counts.size >= MOST && tool !== OTHER) return countOf(OTHER, OTHER, OTHER);
    const none = { calls: 0, seconds: 0, cached: 0, retries: 0, fallbacks: 0, cost: 0 };
    const buckets = new Array<number>(BOUNDS.length + 1).fill(0);
    const made: CallCount = { server, tool, outcome, ...none, buckets };
    counts.set(key, made);
    return made;
  }

  return {
    since,
    observe(row) {
      const count = countOf(row.server, row.tool, outcomeOf(row));
      const seconds = row.durationMs / 1_000;
      count.calls += 1;
      count.seconds += seconds;
      if (row.cached) count.cached += 1;
      if (row.fallbackUsed) count.fallbacks += 1;
      count.retries += row.retries ?? 0;
      count.cost += row.cost ?? 0;
      const found = BOUNDS.findIndex((bound) => seconds <= bound);
      const at = found === -1 ? BOUNDS.length : found;
      count.buckets[at] = (count.buckets[at] ?? 0) + 1;
    },
    all: () => [...counts.values()],
  };
}

/** `success`, or why not. */
export function outcomeOf({
  outcome,
  errorCode,
}: Pick<HistoryRow, "outcome" | "errorCode">): string {
  return outcome === "success" ? outcome : (errorCode ?? outcome);
}
