import { FAILURES } from "../errors/failures.ts";
import type { ErrorGroup } from "../model/error-group.ts";
import { clip } from "../reports/clip.ts";
import { hourOf } from "../reports/time.ts";
import { confidenceOf, type Hint, type InsightQuery, type InsightSources } from "./insight.ts";

const BUCKETS = 14;
const MOST_GROUPS = 100;
const LEAST_COUNT = 3;
// One bad hour may lie on the border of two parts of the time; it never has a part between its ends.
const LEAST_SPREAD = 2;

/** Errors that come again and again: in several parts of the time, or after somebody resolved them. */
export async function recurringFailures(
  { store }: InsightSources,
  { from, now, project }: InsightQuery,
): Promise<Hint[]> {
  const { items } = await store.errorGroups({
    ...{ from: hourOf(from), to: now + 1, buckets: BUCKETS, order: "count", limit: MOST_GROUPS },
    ...{ classes: FAILURES, statuses: ["open", "regressed"] },
    ...(project !== undefined && { project }),
  });
  return items.flatMap((group) => {
    const seen = group.buckets ?? [];
    const count = seen.reduce((sum, each) => sum + each, 0);
    const parts = seen.filter((each) => each > 0).length;
    const spread = seen.findLastIndex((each) => each > 0) - seen.findIndex((each) => each > 0);
    const isRecurring = count >= LEAST_COUNT && spread >= LEAST_SPREAD;
    return isRecurring || group.status === "regressed" ? [toHint(group, { count, parts })] : [];
  });
}

function toHint(group: ErrorGroup, { count, parts }: { count: number; parts: number }): Hint {
  const where = group.command ?? group.component;
  const isBack = group.status === "regressed";
  return {
    kind: "recurring_failure",
    about: group.group,
    title: `${where} keeps failing: ${clip(group.message, 120)}`,
    detail: `Seen ${count} times, in ${parts} of ${BUCKETS} equal parts of the time${isBack ? `, and back after it was resolved (${group.regressions} times)` : ""}.`,
    action: isBack
      ? "The fix did not hold: look at what changed since, then resolve it anew and check by validate_fixes."
      : "Find its cause once: search_history shows what was tried, get_error_correlations what goes with it; then resolve_error.",
    // Each further part of the time in which it is seen halves the doubt that it was one bad day.
    confidence: confidenceOf(isBack ? 0.95 : 1 - 0.5 ** (parts - 1) * 0.6),
    basis: `${count} errors in ${parts} parts of the time`,
    project: group.project,
    records: [group.lastRecordId, group.firstRecordId],
  };
}
