import { FAILURES } from "../errors/failures.ts";
import type { TrackerStore } from "../store/tracker-store.ts";

const WEEK_MS = 7 * 86_400_000;
const MOST_GROUPS = 500;

/** Failures of the last week by project, of the most frequent groups. */
export async function errorsOfProjects(
  store: Pick<TrackerStore, "errorGroups">,
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const { items } = await store.errorGroups({
    ...{ from: now - WEEK_MS, to: now + 1, buckets: 1, order: "count", limit: MOST_GROUPS },
    classes: FAILURES,
  });
  const counts = new Map<string, number>();
  for (const { project, buckets = [] } of items) {
    counts.set(project, (counts.get(project) ?? 0) + (buckets[0] ?? 0));
  }
  return counts;
}
