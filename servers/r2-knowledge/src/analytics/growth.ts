import type { Row } from "../knowledge/rows.ts";
import { countByDay } from "./days.ts";

export interface GrowthMetrics {
  readonly total: number;
  readonly inPeriod: number;
  /** Diagnoses stored on each day (UTC) of the period, the last 90 at most. */
  readonly byDay: Readonly<Record<string, number>>;
  /** Of those, how many have a fix by now. */
  readonly withFixByDay: Readonly<Record<string, number>>;
}

export function growthMetrics(
  rows: readonly Row[],
  period: { readonly since: number; readonly until: number },
): GrowthMetrics {
  const inPeriod = rows.filter(({ at }) => at >= period.since);
  const withFix = inPeriod.filter(({ fix }) => fix !== undefined);
  return {
    total: rows.length,
    inPeriod: inPeriod.length,
    byDay: countByDay(
      inPeriod.map(({ at }) => at),
      period,
    ),
    withFixByDay: countByDay(
      withFix.map(({ at }) => at),
      period,
    ),
  };
}
