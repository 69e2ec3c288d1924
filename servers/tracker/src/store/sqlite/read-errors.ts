import type { Row, Sqlite } from "@trestle/store";
import type { ErrorGroup } from "../../model/error-group.ts";
import { bucketsOf, checkBuckets, checkSpan } from "../buckets.ts";
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
      return row && withBuckets(sqlite, row, time ?? {});
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
  return toPage(sqlite.read(sql, values), {
    limit,
    placeOf: (row): Place => [Number(row[columns[0]]), String(row.group)],
    toItem: (row) => withBuckets(sqlite, row, query),
  });
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

function withBuckets(
  sqlite: Sqlite,
  row: Row,
  query: TimeRange & { readonly buckets?: number; readonly project?: string },
): ErrorGroup {
  const group = JSON.parse(String(row.state)) as ErrorGroup;
  if (query.buckets === undefined) return group;
  checkBuckets(query);
  const where = spansOf(query).and('"group" = ?', group.group);
  const spans = sqlite.read(`SELECT span, count FROM error_sum ${where.sql}`, where.values);
  const counts = spans.map(({ span, count }) => ({ at: Number(span), count: Number(count) }));
  return { ...group, buckets: bucketsOf(counts, query) };
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
