import type { MetricRow } from "../../api/generated.ts";

const HOUR_S = 3_600;
const HOURS = 24;

/** What a chart shows of an hour. */
export type Hour = MetricRow & {
  /** Epoch seconds. */
  readonly at: number;
};

/** The last day, hour by hour, those in which nothing was called too. */
export function everyHour(rows: readonly MetricRow[], now: number): readonly Hour[] {
  const byStart = new Map(rows.map((row) => [Date.parse(row.start ?? "") / 1_000, row]));
  const last = Math.floor(now / 1_000 / HOUR_S) * HOUR_S;
  return Array.from({ length: HOURS }, (_, index) => {
    const at = last - (HOURS - 1 - index) * HOUR_S;
    return { ...(byStart.get(at) ?? { calls: 0, successes: 0 }), at };
  });
}
