import { FAILURES } from "../../errors/failures.ts";
import type { ErrorGroup } from "../../model/error-group.ts";
import type { ShownVerdict } from "../../reports/fix-verdicts.ts";
import type { SystemReport } from "../../reports/system-report.ts";
import { DAY_MS } from "../../reports/time.ts";
import type { UsageReport } from "../../reports/usage-report.ts";
import type { State } from "../../state.ts";
import { getUsage } from "../../tools/get-usage.ts";
import { validateFixes } from "../../tools/validate-fixes.ts";
import { ask } from "../ask.ts";
import type { Place } from "../place.ts";

/** All that the page of a report shows. */
export interface PageFacts {
  readonly report: SystemReport;
  /** Whole UTC days, each the first of its column. */
  readonly days: readonly string[];
  readonly tasks: {
    readonly created: readonly number[];
    readonly finished: readonly number[];
  };
  readonly errors: {
    /** Of all failures, whatever their group. */
    readonly counts: readonly number[];
    readonly groups: readonly ErrorTrend[];
    readonly kinds: number;
  };
  /** Where the prices of all models are known, dollars, else tokens that were written. */
  readonly usage: { readonly unit: "dollars" | "tokens"; readonly values: readonly number[] };
  readonly fixes: readonly ShownVerdict[];
}

export interface ErrorTrend extends Pick<ErrorGroup, "group" | "status" | "project" | "lastAt"> {
  readonly what: string;
  readonly message: string;
  readonly counts: readonly number[];
}

const MOST_COLUMNS = 60;
const MOST_GROUPS = 1_000;
const MOST_SHOWN = 12;
const MOST_USAGE_DAYS = 200;

export async function collectPage(
  place: Place,
  state: State,
  report: SystemReport,
): Promise<PageFacts> {
  const columns = columnsOf(Date.parse(report.from), Date.parse(report.to));
  const { project } = report;
  const scope = { since: new Date(columns.from).toISOString(), project };
  const [usage, { fixes }, errors] = await Promise.all([
    ask<UsageReport>(place, getUsage, { ...scope, by: "day", limit: MOST_USAGE_DAYS }),
    ask<{ fixes: readonly ShownVerdict[] }>(place, validateFixes, { project, limit: MOST_SHOWN }),
    errorTrends(state, columns, project),
  ]);
  const isPriced = usage.total.dollars !== undefined;
  const byDay = report.tasks.days;
  return {
    ...{ report, errors, fixes, days: columns.days },
    tasks: {
      created: columns.sums(byDay.map(({ day, created }) => [day, created])),
      finished: columns.sums(byDay.map(({ day, finished }) => [day, finished])),
    },
    usage: {
      unit: isPriced ? "dollars" : "tokens",
      values: columns.sums(
        usage.rows.map(({ key, dollars, outputTokens }) => [
          key,
          isPriced ? (dollars ?? 0) : outputTokens,
        ]),
      ),
    },
  };
}

async function errorTrends(
  { store }: Pick<State, "store">,
  { from, to, days }: Columns,
  project: string | undefined,
): Promise<PageFacts["errors"]> {
  const { items } = await store.errorGroups({
    ...{ from, to, buckets: days.length, order: "count", limit: MOST_GROUPS, classes: FAILURES },
    ...(project !== undefined && { project }),
  });
  const counts = days.map((_, at) =>
    items.reduce((sum, { buckets = [] }) => sum + (buckets[at] ?? 0), 0),
  );
  const groups = items.slice(0, MOST_SHOWN).map((each) => ({
    ...{ group: each.group, status: each.status, project: each.project, lastAt: each.lastAt },
    ...{ what: each.command ?? each.component, message: each.message },
    counts: each.buckets ?? [],
  }));
  return { counts, groups, kinds: items.length };
}

interface Columns {
  readonly from: number;
  readonly to: number;
  readonly days: readonly string[];
  /** What belongs to each column, of what is told by the day. */
  sums(byDay: readonly (readonly [string, number])[]): readonly number[];
}

/** Whole days, several to a column where there are many. */
function columnsOf(since: number, until: number): Columns {
  const first = since - (since % DAY_MS);
  const last = until - (until % DAY_MS) + DAY_MS;
  const step = Math.ceil((last - first) / DAY_MS / MOST_COLUMNS) * DAY_MS;
  const count = Math.ceil((last - first) / step);
  const from = last - count * step;
  return {
    ...{ from, to: last },
    days: Array.from({ length: count }, (_, at) => dayOf(from + at * step)),
    sums(byDay) {
      const sums = Array.from({ length: count }, () => 0);
      for (const [day, value] of byDay) {
        const at = Math.floor((Date.parse(day) - from) / step);
        if (at >= 0 && at < count) sums[at] = (sums[at] ?? 0) + value;
      }
      return sums;
    },
  };
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
