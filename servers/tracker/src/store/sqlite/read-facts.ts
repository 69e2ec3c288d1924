import type { Row, Sqlite } from "@trestle/store";
import type { Facts } from "../../model/facts.ts";
import type { UsageSum } from "../../model/session.ts";
import { DAY_MS, floorTo, HOUR_MS } from "../commit/sums.ts";
import { limitOf, placeOf, toPage } from "../paging.ts";
import type { FactQuery, Page, SumQuery, UsageQuery } from "../queries.ts";
import type { TrackerStore } from "../tracker-store.ts";
import { placesIn, toFacts } from "./read-records.ts";
import { readTogether } from "./read-together.ts";
import { createWhere, type Where } from "./where.ts";

type FactReads = Pick<
  TrackerStore,
  "errorEvents" | "runs" | "edits" | "runSums" | "editSums" | "usage"
>;

export function createFactReads(sqlite: Sqlite): FactReads {
  return {
    errorEvents: async (query) =>
      readFacts(sqlite, {
        query,
        kind: "errors",
        table: "error_event",
        where: createWhere().and('"group" = ?', query.group),
      }),
    runs: async (query) => {
      const test = query.test === undefined ? undefined : Number(query.test);
      const where = createWhere().and("command = ?", query.command).and("test = ?", test);
      return readFacts(sqlite, { query, kind: "runs", table: "run", where });
    },
    edits: async (query) =>
      readFacts(sqlite, {
        query,
        kind: "edits",
        table: "edit",
        where: createWhere().and("path = ?", query.path),
      }),
    runSums: async (query) => sumRuns(sqlite, query),
    editSums: async (query) => sumEdits(sqlite, query),
    usage: async (query) => sumUsage(sqlite, query),
  };
}

interface FactRead<Kind extends keyof Facts> {
  readonly query: FactQuery;
  readonly kind: Kind;
  readonly table: string;
  readonly where: Where;
}

function readFacts<Kind extends "errors" | "runs" | "edits">(
  sqlite: Sqlite,
  { query, kind, table, where }: FactRead<Kind>,
): Page<Facts[Kind][number]> {
  const limit = limitOf(query);
  const after = placeOf(query, 2);
  const { from, to } = placesIn(query);
  const [order, beyond] = query.newest ? ["DESC", "<"] : ["ASC", ">"];
  where
    .and("place >= ?", from)
    .and("place < ?", to)
    .and("project = (SELECT n FROM project WHERE name = ?)", query.project)
    .and("session = (SELECT n FROM session WHERE id = ?)", query.sessionId)
    .and(`(place, n) ${beyond} (?, ?)`, after?.[0], after?.[1]);
  const sql = `SELECT place, n FROM ${table} ${where.sql} ORDER BY place ${order}, n ${order} LIMIT ?`;
  const rows = sqlite.read(sql, [...where.values, limit + 1]);
  const facts = factsAt(sqlite, rows);
  return toPage(rows, {
    limit,
    placeOf: (row) => [Number(row.place), Number(row.n)],
    toItem: (row) => facts.get(Number(row.place))?.[kind][Number(row.n)] as Facts[Kind][number],
  });
}

function factsAt(sqlite: Sqlite, rows: readonly Row[]): Map<number, Facts> {
  // Only what facts are made of: texts are far longer.
  const sql = "SELECT place, facts FROM record WHERE place IN (SELECT value FROM json_each(?))";
  const places = [...new Set(rows.map((row) => Number(row.place)))];
  const found = sqlite.read(sql, [JSON.stringify(places)]);
  return new Map(found.map((row) => [Number(row.place), toFacts(row)]));
}

function sumRuns(sqlite: Sqlite, query: SumQuery) {
  const where = daysOf(query);
  const sql = `SELECT command, max(test) AS test, sum(ok) AS ok, sum(failed) AS failed FROM ${tableOf("run", query)} ${where.sql}
    GROUP BY command ORDER BY sum(failed) DESC, sum(ok) DESC, command LIMIT ?`;
  return sqlite.read(sql, [...where.values, limitOf(query)]).map((row) => ({
    command: String(row.command),
    test: row.test === 1,
    ok: Number(row.ok),
    failed: Number(row.failed),
  }));
}

function sumEdits(sqlite: Sqlite, query: SumQuery) {
  const where = daysOf(query);
  const sql = `SELECT path, sum(count) AS count FROM ${tableOf("edit", query)} ${where.sql}
    GROUP BY path ORDER BY 2 DESC, 1 LIMIT ?`;
  return sqlite.read(sql, [...where.values, limitOf(query)]).map((row) => ({
    path: String(row.path),
    count: Number(row.count),
  }));
}

const tableOf = (kind: "run" | "edit", { project }: SumQuery): string =>
  project === undefined ? `${kind}_day_sum` : `${kind}_sum`;

function daysOf({ from, to, project }: SumQuery): Where {
  return createWhere()
    .and("day >= ?", from === undefined ? undefined : floorTo(from, DAY_MS))
    .and("day < ?", to)
    .and("project = ?", project);
}

const USAGE_KEYS: Readonly<Record<UsageQuery["by"], string>> = {
  session: "session",
  model: "model",
  project: "project",
  day: `date(hour / 1000, 'unixepoch')`,
  all: "''",
};

function sumUsage(sqlite: Sqlite, query: UsageQuery): UsageSum[] {
  const where = createWhere()
    .and("hour >= ?", query.from === undefined ? undefined : floorTo(query.from, HOUR_MS))
    .and("hour < ?", query.to)
    .and("project = ?", query.project)
    .and("session = ?", query.sessionId)
    .and("model = ?", query.model);
  const from = `(SELECT ${USAGE_KEYS[query.by]} AS key, model, sum(responses) AS responses, sum(input) AS input,
      sum(output) AS output, sum(cache_read) AS cache_read, sum(cache_write) AS cache_write,
      sum(cache_write_hour) AS cache_write_hour
    FROM usage_sum ${where.sql} GROUP BY 1, 2 HAVING sum(responses) > 0 ORDER BY 1, 2)`;
  const columns = "key, model, responses, input, output, cache_read, cache_write, cache_write_hour";
  const tuples = readTogether<UsageTuple>(sqlite, `json_array(${columns})`, from, where.values);
  return tuples.map(([key, model, responses, input, output, read, write, hour]) => ({
    ...{ key, model, responses, inputTokens: input, outputTokens: output },
    ...{ cacheReadTokens: read, cacheWriteTokens: write, cacheWriteHourTokens: hour },
  }));
}

type UsageTuple = [string, string, number, number, number, number, number, number];
