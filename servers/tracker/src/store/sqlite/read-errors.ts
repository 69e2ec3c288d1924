import type { Row, Sqlite } from "@trestle/store";
import type { ErrorGroup } from "../../model/error-group.ts";
import { checkBuckets, checkSpan } from "../buckets.ts";
import { floorTo, SPAN_MS } from "../commit/sums.ts";
import { limitOf, type Place, placeOf, toPage } from "../paging.ts";
import type { ErrorGroupQuery, SpanCount, SpanCountQuery, TimeRange } from "../queries.ts";
import type { TrackerStore } from "../tracker-store.ts";
import { createWhere, type Where } from "./where.ts";

type ErrorReads = Pick<TrackerStore, "errorGroup" | "errorGroups" | "errorCounts">;

export function createErrorReads(sqlite: Sqlite): ErrorReads {
  return {
    async errorGroup(group, time) {
      const [row] = sqlite.read('SELECT "group", state FROM error_group WHERE "group" = ?', [
        group,
      ]);
      return row && withBuckets(sqlite, [row], time ?? {})[0];
    },
    errorGroups: async (query = {}) => readGroups(sqlite, query),
    errorCounts: async (query) => countErrors(sqlite, query),
  };
}

const ORDERS = {
  last: ["last_at", '"group"'],
  first: ["first_at", '"group"'],
  count: ["found", '"group"'],
} as const;

function readGroups(sqlite: Sqlite, query: ErrorGroupQuery) {
  const limit = limitOf(query);
  checkBuckets(query);
  const columns = ORDERS[query.order ?? "last"];
  const after = placeOf(query, 2);
  const where = createWhere()
    .and("family = ?", query.family)
    .and("component = ?", query.component)
    .andOneOf("class", query.classes)
    .and(`coalesce(json_extract(state, '$.phase.name'), 'unknown') = ?`, query.phase)
    .andOneOf("status", query.statuses);
  if (after) where.and(`(${columns.join(", ")}) < (?, ?)`, ...after);
  const sql = `SELECT * FROM (${selectGroups(query)}) ${where.sql}
    ORDER BY ${columns[0]} DESC, "group" DESC LIMIT ?`;
  const values = [...spansOf(query).values, ...where.values, limit + 1];
  const page = toPage(sqlite.read(sql, values), {
    limit,
    placeOf: (row): Place => [Number(row[columns[0]]), String(row.group)],
    toItem: (row) => row,
  });
  return { ...page, items: withBuckets(sqlite, page.items, query) };
}

/** `found` is how many errors of the group are in the time and project asked for. */
function selectGroups(query: ErrorGroupQuery): string {
  const spans = spansOf(query);
  if (spans.sql === "") return "SELECT *, count AS found FROM error_group";
  return `SELECT error_group.*, found FROM error_group JOIN
    (SELECT "group" AS of, sum(count) AS found FROM error_sum ${spans.sql} GROUP BY "group") ON of = "group"`;
}

function spansOf({ from, to, project }: TimeRange & { readonly project?: string }): Where {
  return createWhere()
    .and("span >= ?", from === undefined ? undefined : floorTo(from, SPAN_MS))
    .and("span < ?", to)
    .and("project = ?", project);
}

interface Bucketed extends TimeRange {
  readonly buckets?: number;
  readonly project?: string;
}

function withBuckets(sqlite: Sqlite, rows: readonly Row[], query: Bucketed): ErrorGroup[] {
  const groups = rows.map(({ state }) => JSON.parse(String(state)) as ErrorGroup);
  if (query.buckets === undefined) return groups;
  checkBuckets(query);
  const counted = countParts(sqlite, groups, query);
  return groups.map((group) => {
    const parts = counted.get(group.group) ?? [];
    return {
      ...group,
      buckets: Array.from({ length: query.buckets ?? 0 }, (_, part) => parts[part] ?? 0),
    };
  });
}

/** Of each group how many errors are in each part of the time; see `bucketsOf`. */
function countParts(
  sqlite: Sqlite,
  groups: readonly ErrorGroup[],
  query: Bucketed,
): Map<string, number[]> {
  const { from = 0, to = 0, buckets = 0 } = query;
  const where = spansOf(query).andOneOf(
    '"group"',
    groups.map(({ group }) => group),
  );
  const sql = `SELECT "group", CAST(CAST(max(span, ?) - ? AS REAL) / ? * ? AS INTEGER) AS part, sum(count) AS count
    FROM error_sum ${where.sql} GROUP BY 1, 2`;
  const counted = new Map<string, number[]>();
  for (const row of sqlite.read(sql, [from, from, to - from, buckets, ...where.values])) {
    const parts = counted.get(String(row.group)) ?? [];
    parts[Number(row.part)] = Number(row.count);
    counted.set(String(row.group), parts);
  }
  return counted;
}

function countErrors(sqlite: Sqlite, query: SpanCountQuery): SpanCount[] {
  checkSpan(query.spanMs);
  const where = spansOf(query).and('"group" = ?', query.group);
  const sql = `SELECT "group", span / ${query.spanMs} * ${query.spanMs} AS at, sum(count) AS count
    FROM error_sum ${where.sql} GROUP BY 1, 2 ORDER BY 2, 1`;
  return sqlite.read(sql, where.values).map((row) => ({
    group: String(row.group),
    at: Number(row.at),
    count: Number(row.count),
  }));
}
