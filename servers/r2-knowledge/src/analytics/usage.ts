import type { RequestCounts } from "../knowledge/counting-store.ts";
import type { MetricsSample, OperationCount } from "../knowledge/meter.ts";
import type { SampleSum } from "../knowledge/samples.ts";
import { dayOf, daysBetween } from "./days.ts";

export interface UsageMetrics {
  readonly operations: Readonly<Record<string, OperationCount>>;
  readonly requests: RequestCounts;
  readonly samples: number;
  /** There are more samples than were read: the oldest are left out. */
  readonly truncated: boolean;
  /** Operations on each day (UTC) of the period, the last 90 at most. */
  readonly byDay: Readonly<Record<string, number>>;
  /** Operations in each hour (UTC) of the day, 24 of them. */
  readonly byHour: readonly number[];
}

/** When something was done, as precise as samples are: they are taken every quarter of an hour. */
export interface Activity {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly operations: number;
}

export function activityOf({ to, operations }: MetricsSample): Activity {
  const counts = Object.values(operations).map(({ count }) => count);
  return { at: to, operations: counts.reduce((sum, count) => sum + count, 0) };
}

export function usageMetrics(
  { operations, requests, samples, truncated, activity }: SampleSum,
  period: { readonly since: number; readonly until: number },
): UsageMetrics {
  const days = daysBetween(period.since, period.until);
  const byDay = Object.fromEntries(days.map((day) => [day, 0]));
  const byHour = new Array<number>(24).fill(0);
  for (const { at, operations: done } of activity) {
    const [day, hour] = [dayOf(at), new Date(at).getUTCHours()];
    if (byDay[day] !== undefined) byDay[day] += done;
    byHour[hour] = (byHour[hour] ?? 0) + done;
  }
  return { operations, requests, samples, truncated, byDay, byHour };
}
