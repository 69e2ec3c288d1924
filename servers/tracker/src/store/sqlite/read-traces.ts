import type { Sqlite, SqlValue } from "@trestle/store";
import { firstPlace } from "../commit/places.ts";
import {
  type EditTrace,
  type ErrorCourse,
  type ErrorTrace,
  FIRST_SEEN,
  type FinishedTask,
  type RunTrace,
  type Seen,
  type SessionSpan,
  type TraceQuery,
  type TraceReads,
  type Tries,
  type TriesQuery,
} from "../traces.ts";
import { placesIn } from "./read-records.ts";
import { readTogether } from "./read-together.ts";
import { createWhere, type Where } from "./where.ts";

export function createTraceReads(sqlite: Sqlite): TraceReads {
  return {
    errorTraces: async (query) => readErrors(sqlite, query),
    runTraces: async (query) => readRuns(sqlite, query),
    editTraces: async ({ path, ...query }) =>
      readEdits(sqlite, query, createWhere().and("path = ?", path)),
    async recordIds(refs) {
      const sql = "SELECT place, id FROM record WHERE place IN (SELECT value FROM json_each(?))";
      const rows = sqlite.read(sql, [JSON.stringify(refs.map(Number))]);
      return Object.fromEntries(rows.map(({ place, id }) => [String(place), String(id)]));
    },
    areEdited: async (spans) => areEdited(sqlite, spans),
    errorCourse: async (query) => readCourse(sqlite, query),
    tries: async (query) => readTries(sqlite, query),
    finishedTasks: async (query) => readFinished(sqlite, query),
  };
}

function readErrors(sqlite: Sqlite, query: TraceQuery): ErrorTrace[] {
  const where = inTime(query, createWhere());
  const from = `(SELECT trace FROM error_event ${where.sql} ORDER BY place DESC, n DESC LIMIT ?)`;
  return readTogether<ErrorTrace>(sqlite, "trace", from, [...where.values, query.limit]);
}

type RunQuery = Parameters<TraceReads["runTraces"]>[0];
type RunTuple = [number, number, number, string, number, number, string?];

function readRuns(sqlite: Sqlite, query: RunQuery): RunTrace[] {
  const { command: asked } = query;
  const where = inTime(query, createWhere().and("command = ?", asked));
  // Nothing is read in each row that is the same in all of them, or in many.
  const columns = `place, session, at, tool, ok, project${asked === undefined ? ", command" : ""}`;
  const tuples = readTogether<RunTuple>(
    sqlite,
    `json_array(${columns})`,
    `(SELECT ${columns} FROM run ${where.sql} ORDER BY place DESC, n DESC LIMIT ?)`,
    [...where.values, query.limit],
  );
  const projects = namesOfProjects(sqlite);
  return tuples.map(([place, session, at, tool, ok, project, command = asked ?? ""]) => ({
    ref: String(place),
    session: String(session),
    at,
    command,
    tool,
    ok: ok === 1,
    project: projects.get(project) ?? "",
  }));
}

function readEdits(sqlite: Sqlite, query: TraceQuery, of: Where): EditTrace[] {
  const where = inTime(query, of);
  const columns = "place, session, at, path, project";
  const tuples = readTogether<[number, number, number, string, number]>(
    sqlite,
    `json_array(${columns})`,
    `(SELECT ${columns} FROM edit ${where.sql} ORDER BY place DESC, n DESC LIMIT ?)`,
    [...where.values, query.limit],
  );
  const projects = namesOfProjects(sqlite);
  return tuples.map(([place, session, at, path, project]) => ({
    ref: String(place),
    session: String(session),
    at,
    path,
    project: projects.get(project) ?? "",
  }));
}

function namesOfProjects(sqlite: Sqlite): Map<number, string> {
  const rows = sqlite.read("SELECT n, name FROM project");
  return new Map(rows.map(({ n, name }) => [Number(n), String(name)]));
}

/** Facts of one millisecond that are more than it has places stand behind it, never so far as this. */
const LATE_MS = 60_000;

function areEdited(sqlite: Sqlite, spans: readonly SessionSpan[]): boolean[] {
  if (spans.length === 0) return [];
  const given = spans.map(({ session, after, until }) => [
    ...[Number(session), after, until, firstPlace(after), firstPlace(until + LATE_MS)],
  ]);
  const sql = `SELECT EXISTS (SELECT 1 FROM edit WHERE session = value ->> 0 AND place >= value ->> 3
      AND place < value ->> 4 AND at > value ->> 1 AND at <= value ->> 2) AS found
    FROM json_each(?) ORDER BY key`;
  return sqlite.read(sql, [JSON.stringify(given)]).map(({ found }) => found === 1);
}

function readCourse(
  sqlite: Sqlite,
  { group, at }: { readonly group: string; readonly at: number },
): ErrorCourse {
  const sql = `SELECT count(*) FILTER (WHERE at <= ?) AS before, count(*) FILTER (WHERE at > ?) AS after
    FROM error_event WHERE "group" = ?`;
  const [count] = sqlite.read(sql, [at, at, group]);
  const seen = (rest: string, place: number) =>
    readSeen(sqlite, "error_event", `WHERE "group" = ? AND ${rest}`, [group, at, place]);
  const [last] = seen(
    "at <= ? AND place < ? ORDER BY place DESC, n DESC LIMIT 1",
    firstPlace(at + LATE_MS),
  );
  return {
    before: Number(count?.before),
    ...(last && { lastBefore: last }),
    after: Number(count?.after),
    firstAfter: seen(`at > ? AND place >= ? ORDER BY place, n LIMIT ${FIRST_SEEN}`, firstPlace(at)),
  };
}

function readTries(sqlite: Sqlite, { project, by, after }: TriesQuery): Tries {
  const [column, value] =
    "tool" in by ? (["tool", by.tool] as const) : (["head", by.head] as const);
  const where = `WHERE project = (SELECT n FROM project WHERE name = ?) AND ${column} = ?
    AND place >= ? AND at > ?`;
  const values = [project, value, firstPlace(Math.max(0, after)), after];
  const sql = `SELECT count(*) AS tried, coalesce(sum(ok), 0) AS succeeded FROM run ${where}`;
  const [count] = sqlite.read(sql, values);
  const rest = `${where} AND ok = 1 ORDER BY place, n LIMIT ${FIRST_SEEN}`;
  return {
    tried: Number(count?.tried),
    succeeded: Number(count?.succeeded),
    firstSucceeded: readSeen(sqlite, "run", rest, values),
  };
}

function readSeen(
  sqlite: Sqlite,
  table: "error_event" | "run",
  rest: string,
  values: readonly SqlValue[],
): Seen[] {
  const sql = `SELECT (SELECT id FROM record WHERE record.place = ${table}.place) AS recordId, at FROM ${table} ${rest}`;
  return sqlite
    .read(sql, values)
    .map(({ recordId, at }) => ({ recordId: String(recordId), at: Number(at) }));
}

function readFinished(sqlite: Sqlite, { from, to, project, limit }: TraceQuery): FinishedTask[] {
  const where = createWhere()
    .and("status = ?", "done")
    .and("project = ?", project)
    .and("updated_at >= ?", from)
    .and("updated_at < ?", to);
  const chosen = readTogether<[number, number, number]>(
    sqlite,
    "json_array(n, created_at, finished_at)",
    `(SELECT n, created_at, finished_at FROM task INDEXED BY task_order ${where.sql}
      ORDER BY updated_at DESC, n DESC LIMIT ?)`,
    [...where.values, limit],
  );
  const numbers = JSON.stringify(chosen.map(([n]) => n));
  const named = readTogether<[number, string]>(
    sqlite,
    "json_array(n, id)",
    "task WHERE n IN (SELECT value FROM json_each(?))",
    [numbers],
  );
  const ids = new Map(named);
  return chosen.map(([n, createdAt, statusAt]) => ({ id: ids.get(n) ?? "", createdAt, statusAt }));
}

function inTime(query: TraceQuery, where: Where): Where {
  const { from, to } = placesIn(query);
  return where
    .and("place >= ?", from)
    .and("place < ?", to)
    .and("project = (SELECT n FROM project WHERE name = ?)", query.project);
}
