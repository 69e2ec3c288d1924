import type { Row, Sqlite, SqlValue } from "@trestle/store";
import type { TaskFact } from "../../model/facts.ts";
import type { TaskEvidence, TaskWithEvidence } from "../../model/task.ts";
import { DAY_MS } from "../commit/sums.ts";
import { type TaskState, toTask } from "../commit/task-state.ts";
import { EVIDENCE_LIMIT } from "../limits.ts";
import { limitOf, type Place, placeOf, toPage } from "../paging.ts";
import type { Count, CountTasksQuery, TaskQuery } from "../queries.ts";
import { parseSearch, toMatch } from "../search/clauses.ts";
import type { TrackerStore } from "../tracker-store.ts";
import { SELECT_RECORD, toRecord } from "./read-records.ts";
import { createWhere } from "./where.ts";

type TaskReads = Pick<TrackerStore, "task" | "tasks" | "countTasks">;

export function createTaskReads(sqlite: Sqlite): TaskReads {
  return {
    task: async (id) => readTask(sqlite, id),
    tasks: async (query = {}) => readTaskPage(sqlite, query),
    countTasks: async (query) => countTasks(sqlite, query),
  };
}

function readTask(sqlite: Sqlite, id: string): TaskWithEvidence | undefined {
  const sql =
    "SELECT state FROM task WHERE id = coalesce((SELECT task FROM task_alias WHERE id = ?), ?)";
  const [row] = sqlite.read(sql, [id, id]);
  if (!row) return undefined;
  const task = toTask(JSON.parse(String(row.state)) as TaskState);
  const rows = sqlite.read(
    "SELECT body FROM task_fact WHERE task = ? ORDER BY at DESC, n DESC LIMIT ?",
    [task.id, EVIDENCE_LIMIT],
  );
  return { ...task, evidence: toEvidence(sqlite, rows) };
}

/** The link leads to the record that shows it, which may stand before the one that made it a fact. */
function toEvidence(sqlite: Sqlite, rows: readonly Row[]): TaskEvidence[] {
  const facts = rows.map(({ body }) => JSON.parse(String(body)) as TaskFact);
  const shown = facts.map(({ shownBy, recordId }) => shownBy ?? recordId);
  const found = sqlite.read(
    `${SELECT_RECORD} WHERE record.id IN (SELECT value FROM json_each(?))`,
    [JSON.stringify(shown)],
  );
  const records = new Map(found.map((row) => [String(row.id), toRecord(row)]));
  return facts.map((fact, at) => {
    const record = records.get(shown[at] ?? "");
    if (!record) return { fact };
    const { id, sessionId, origin } = record;
    return { fact, record: { id, sessionId, origin } };
  });
}

const ORDERS = {
  priority: ["priority", "updated_at", "n"],
  updated: ["updated_at", "n"],
  created: ["created_at", "n"],
} as const;

function readTaskPage(sqlite: Sqlite, query: TaskQuery) {
  const limit = limitOf(query);
  const columns = ORDERS[query.order ?? "priority"];
  const after = placeOf(query, columns.length);
  const where = createWhere()
    .andOneOf("status", query.statuses)
    .andOneOf("source", query.sources)
    .and("project = ?", query.project)
    .and("confidence >= ?", query.minConfidence)
    .and(`coalesce(json_extract(state, '$.phase.name'), 'unknown') = ?`, query.phase)
    .and("updated_at >= ?", query.updated?.from)
    .and("updated_at < ?", query.updated?.to)
    .and("id IN (SELECT task FROM task_session WHERE session = ?)", query.sessionId)
    .and("n IN (SELECT rowid FROM task_words WHERE task_words MATCH ?)", matchOf(query.text));
  if (after)
    where.and(`(${columns.join(", ")}) < (${columns.map(() => "?").join(", ")})`, ...after);
  const order = columns.map((column) => `${column} DESC`).join(", ");
  // Sorted in the index alone; states are read of those shown.
  const chosen =
    query.sessionId === undefined ? "n FROM task INDEXED BY task_order" : "n FROM task";
  const sql = `SELECT n, state, ${columns.filter((name) => name !== "n").join(", ")} FROM task
    WHERE n IN (SELECT ${chosen} ${where.sql} ORDER BY ${order} LIMIT ?) ORDER BY ${order}`;
  return toPage(sqlite.read(sql, [...where.values, limit + 1]), {
    limit,
    placeOf: (row): Place => columns.map((name) => Number(row[name])),
    toItem: (row) => toTask(JSON.parse(String(row.state)) as TaskState),
  });
}

function matchOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : toMatch(parseSearch(text));
}

function countTasks(sqlite: Sqlite, query: CountTasksQuery): Count[] {
  const time = query.by === "finished" ? "finished_at" : "created_at";
  const isDay = query.by === "created" || query.by === "finished";
  const key = isDay ? `${time} / ${DAY_MS}` : query.by;
  const where = createWhere()
    .andOneOf("status", query.statuses)
    .and("project = ?", query.project)
    .and(`${time} >= ?`, query.time?.from)
    .and(`${time} < ?`, query.time?.to);
  if (query.by === "finished") where.and("finished_at IS NOT NULL");
  const sql = `SELECT ${key} AS key, count(*) AS count FROM task INDEXED BY task_order ${where.sql} GROUP BY 1 ORDER BY 1`;
  return sqlite
    .read(sql, where.values)
    .map(({ key: of, count }) => ({ key: isDay ? dayOf(of) : String(of), count: Number(count) }));
}

/** `2026-11-22`, of days since 1970. */
function dayOf(day: SqlValue | undefined): string {
  return new Date(Number(day) * DAY_MS).toISOString().slice(0, 10);
}
