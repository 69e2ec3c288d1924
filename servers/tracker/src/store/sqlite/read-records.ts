import type { Row, Sqlite, SqlValue } from "@trestle/store";
import type { Facts } from "../../model/facts.ts";
import type { Agent, Origin, TrackedRecord } from "../../model/record.ts";
import type { Session } from "../../model/session.ts";
import { firstPlace } from "../commit/places.ts";
import { NO_FACTS } from "../commit/plan.ts";
import { limitOf, placeOf, toPage } from "../paging.ts";
import type { RecordQuery, SessionQuery, TimeRange } from "../queries.ts";
import type { StoredRecord, TrackerStore } from "../tracker-store.ts";
import { createWhere } from "./where.ts";

type RecordReads = Pick<TrackerStore, "session" | "sessions" | "record" | "records">;

export function createRecordReads(sqlite: Sqlite): RecordReads {
  return {
    async session(id) {
      const [row] = sqlite.read("SELECT body FROM session WHERE id = ?", [id]);
      return row && (JSON.parse(String(row.body)) as Session);
    },
    sessions: async (query = {}) => readSessions(sqlite, query),
    async record(id) {
      const [row] = sqlite.read(`${SELECT_RECORD} WHERE record.id = ?`, [id]);
      return row && toStored(row);
    },
    records: async (query) => readRecords(sqlite, query),
  };
}

export const SELECT_RECORD = `
  SELECT record.place, record.id, record.at, record.lane, record.body, record.facts, session.id AS session, session.agent,
    project.name AS project, file.source, file.path
  FROM record JOIN session ON session.n = record.session JOIN project ON project.n = session.project
    JOIN file ON file.n = record.file`;

/** The records at these places, by place. */
export function readPlaces(sqlite: Sqlite, places: readonly number[]): Map<number, Row> {
  const sql = `${SELECT_RECORD} WHERE record.place IN (SELECT value FROM json_each(?))`;
  const rows = sqlite.read(sql, [JSON.stringify(places)]);
  return new Map(rows.map((row) => [Number(row.place), row]));
}

export function toRecord(row: Row): TrackedRecord {
  const { offset, uuid, ...rest } = JSON.parse(String(row.body)) as Omit<
    TrackedRecord,
    "id" | "sessionId" | "laneId" | "at" | "origin"
  > &
    Pick<Origin, "offset" | "uuid">;
  return {
    id: String(row.id),
    sessionId: String(row.session),
    ...(row.lane === null ? {} : { laneId: String(row.lane) }),
    at: Number(row.at),
    ...rest,
    origin: {
      source: String(row.source),
      path: String(row.path),
      offset,
      ...(uuid === undefined ? {} : { uuid }),
    },
  };
}

export function toFacts(row: Row): Facts {
  return row.facts === null
    ? NO_FACTS
    : { ...NO_FACTS, ...(JSON.parse(String(row.facts)) as Partial<Facts>) };
}

export function toStored(row: Row): StoredRecord {
  return {
    record: toRecord(row),
    project: String(row.project),
    ...(row.agent === null ? {} : { agent: row.agent as Agent }),
    facts: toFacts(row),
  };
}

/** A range of times as one of places. */
export function placesIn({ from, to }: TimeRange): {
  from: number | undefined;
  to: number | undefined;
} {
  return {
    from: from === undefined ? undefined : firstPlace(from),
    to: to === undefined ? undefined : firstPlace(to),
  };
}

function readSessions(sqlite: Sqlite, query: SessionQuery) {
  const limit = limitOf(query);
  const after = placeOf(query, 2);
  const where = createWhere()
    .and("project = (SELECT n FROM project WHERE name = ?)", query.project)
    .and("agent = ?", query.agent)
    .and("last_at >= ?", query.from)
    .and("last_at < ?", query.to)
    .and("(last_at, n) < (?, ?)", after?.[0], after?.[1]);
  const sql = `SELECT n, last_at, body FROM session ${where.sql} ORDER BY last_at DESC, n DESC LIMIT ?`;
  return toPage(sqlite.read(sql, [...where.values, limit + 1]), {
    limit,
    placeOf: (row) => [Number(row.last_at), Number(row.n)],
    toItem: (row) => JSON.parse(String(row.body)) as Session,
  });
}

function readRecords(sqlite: Sqlite, query: RecordQuery) {
  const limit = limitOf(query);
  const [after] = placeOf(query, 1) ?? [];
  const { from, to } = placesIn(query);
  const [order, beyond] = query.newest ? ["DESC", "<"] : ["ASC", ">"];
  const where = createWhere()
    .and("record.session = (SELECT n FROM session WHERE id = ?)", query.sessionId)
    .and("record.lane = ?", query.laneId)
    .and("record.place >= ?", from)
    .and("record.place < ?", to)
    .and(`record.place ${beyond} ?`, after as SqlValue | undefined);
  const sql = `${SELECT_RECORD} ${where.sql} ORDER BY record.place ${order} LIMIT ?`;
  return toPage(sqlite.read(sql, [...where.values, limit + 1]), {
    limit,
    placeOf: (row) => [Number(row.place)],
    toItem: toRecord,
  });
}
