import { sayMissing } from "../history/reader.ts";
import type { MetricQuery, MetricRow, MetricsStore } from "./metrics.ts";
import { type MetricGroup, toRows } from "./query.ts";

/** What others have counted. */
export interface OtherGroups {
  readonly lists: readonly (readonly MetricGroup[])[];
  /** As people are told of those that did not answer. */
  readonly silent: readonly string[];
}

/** Figures of all that was called, here and at the bridges that are one with this one. */
export interface MetricsReader {
  query(query?: MetricQuery): Promise<MetricPage>;
}

export interface MetricPage {
  readonly rows: readonly MetricRow[];
  /** What is missing because somebody did not answer. */
  readonly problem?: string;
}

export function createMetricsReader(
  own: MetricsStore,
  others?: (query: MetricQuery) => Promise<OtherGroups>,
): MetricsReader {
  return {
    async query(query = {}) {
      if (others === undefined) return { rows: await own.query(query) };
      const [mine, { lists, silent }] = await Promise.all([own.groups(query), others(query)]);
      return { rows: toRows([mine, ...lists]), ...sayMissing(silent) };
    },
  };
}
