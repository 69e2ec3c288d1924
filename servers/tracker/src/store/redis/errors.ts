import type { ErrorGroup } from "../../model/error-group.ts";
import { bucketsOf, checkBuckets, checkSpan } from "../buckets.ts";
import { floorTo, SPAN_MS } from "../commit/sums.ts";
import { limitOf, placeOf, toPage } from "../paging.ts";
import type { ErrorGroupQuery, SpanCount, SpanCountQuery, TimeRange } from "../queries.ts";
import type { TrackerStore } from "../tracker-store.ts";
import type { Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { readAll, readFields } from "./reads.ts";
import { readSums } from "./sums.ts";

type ErrorReads = Pick<TrackerStore, "errorGroup" | "errorGroups" | "errorCounts">;
type Field = readonly [group: string, project: string, span: number];

export function createErrorReads(redis: Connection, keys: Keys): ErrorReads {
  const spans = async (
    query: TimeRange & { readonly project?: string; readonly group?: string },
  ) => {
    const { from = 0, to = Number.POSITIVE_INFINITY, project, group } = query;
    const first = floorTo(from, SPAN_MS);
    const sums = await readSums<Field>(redis, keys, "errors", query);
    return sums
      .map(({ field: [of, ofProject, at], count }) => ({
        group: of,
        project: ofProject,
        at,
        count,
      }))
      .filter((sum) => sum.at >= first && sum.at < to)
      .filter(
        (sum) =>
          (project === undefined || sum.project === project) &&
          (group === undefined || sum.group === group),
      );
  };
  return {
    async errorGroup(group, time = {}) {
      checkBuckets(time);
      const found = (await readFields<ErrorGroup>(redis, keys.groups, [group])).get(group);
      if (!found || time.buckets === undefined) return found;
      return { ...found, buckets: bucketsOf(await spans({ ...time, group }), time) };
    },
    async errorGroups(query = {}) {
      checkBuckets(query);
      const isNarrow =
        query.from !== undefined || query.to !== undefined || query.project !== undefined;
      const counted = isNarrow ? Map.groupBy(await spans(query), ({ group }) => group) : undefined;
      const groups = await readAll<ErrorGroup>(redis, keys.groups);
      return pageOf(groups, query, counted);
    },
    async errorCounts(query: SpanCountQuery): Promise<SpanCount[]> {
      checkSpan(query.spanMs);
      const counts = new Map<string, { group: string; at: number; count: number }>();
      for (const { group, at, count } of await spans(query)) {
        const start = floorTo(at, query.spanMs);
        const key = JSON.stringify([group, start]);
        const sum = counts.get(key) ?? { group, at: start, count: 0 };
        sum.count += count;
        counts.set(key, sum);
      }
      return [...counts.values()].sort(
        (one, other) => one.at - other.at || compare(one.group, other.group),
      );
    },
  };
}

type Counted = ReadonlyMap<string, readonly { readonly at: number; readonly count: number }[]>;

function pageOf(
  groups: readonly ErrorGroup[],
  query: ErrorGroupQuery,
  counted: Counted | undefined,
) {
  const limit = limitOf(query);
  const [value, name] = placeOf(query, 2) ?? [];
  const sortedBy = (group: ErrorGroup): number => {
    if (query.order === "first") return group.firstAt;
    if (query.order !== "count") return group.lastAt;
    return counted?.get(group.group)?.reduce((sum, { count }) => sum + count, 0) ?? group.count;
  };
  const sorted = groups
    .filter((group) => isWanted(group, query) && (counted?.has(group.group) ?? true))
    .map((group) => ({ group, by: sortedBy(group) }))
    .sort((one, other) => other.by - one.by || -compare(one.group.group, other.group.group))
    .filter(
      ({ group, by }) =>
        value === undefined || by < Number(value) || (by === value && group.group < String(name)),
    );
  return toPage(sorted, {
    limit,
    placeOf: ({ group, by }) => [by, group.group],
    toItem: ({ group }) =>
      query.buckets === undefined
        ? group
        : { ...group, buckets: bucketsOf(counted?.get(group.group) ?? [], query) },
  });
}

function isWanted(group: ErrorGroup, query: ErrorGroupQuery): boolean {
  if (query.family !== undefined && group.family !== query.family) return false;
  if (query.component !== undefined && group.component !== query.component) return false;
  if (query.phase !== undefined && (group.phase?.name ?? "unknown") !== query.phase) return false;
  if (query.classes && !query.classes.includes(group.class)) return false;
  return query.statuses?.includes(group.status) ?? true;
}

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));
