import { percentile } from "../knowledge/meter.ts";
import type { SampleSum } from "../knowledge/samples.ts";
import type { QueryCounts } from "./queries.ts";

export interface SearchMetrics {
  readonly searches: number;
  readonly empty: number;
  /** Milliseconds, as precise as the steps of the count are. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly indexed: number;
  /** What was asked most, the most frequent first. */
  readonly popular: readonly QueryCounts[];
  /** What found nothing, the most frequent first: what people look for here and nobody wrote down. */
  readonly unanswered: readonly QueryCounts[];
}

const MOST_TOLD = 20;

/** Queries are other people's words: who may not see all is told none of them. */
export function searchMetrics(
  { searches, queries }: SampleSum,
  { indexed, seesAll }: { readonly indexed: number; readonly seesAll: boolean },
): SearchMetrics {
  const told = seesAll ? queries : [];
  return {
    searches: searches.count,
    empty: searches.empty,
    p50: percentile(searches, 0.5) ?? null,
    p99: percentile(searches, 0.99) ?? null,
    indexed,
    popular: told.slice(0, MOST_TOLD),
    unanswered: told
      .filter(({ empty }) => empty > 0)
      .toSorted((a, b) => b.empty - a.empty)
      .slice(0, MOST_TOLD),
  };
}
