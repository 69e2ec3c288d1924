import type { JsonObject } from "@trestle/protocol";
import type { Row, Sqlite, SqlStatement } from "@trestle/store";
import type { Document, SkippedLines, WatchedSource } from "../../model/document.ts";
import type { ErrorGroup } from "../../model/error-group.ts";
import type { TaskFact } from "../../model/facts.ts";
import type { Session } from "../../model/session.ts";
import { joinGroups } from "../commit/group-state.ts";
import { joinMovedTasks, joinSessions } from "../commit/moved.ts";
import type { TaskState } from "../commit/task-state.ts";
import type { Page } from "../queries.ts";
import type { Cursor } from "../tracker-store.ts";
import type { Movable, MovedKind } from "../transfer.ts";
import { readTasks } from "./known.ts";
import { takeSums } from "./moved-sums.ts";
import { moveTask } from "./people.ts";
import { SELECT_RECORD, toStored } from "./read-records.ts";
import { storeTasks } from "./task-rows.ts";
import type { Transactions } from "./transaction.ts";

const PAGE = 200;

/** How each kind is read: its table, what tells its rows apart and is their order, and what is given of it. */
const GIVEN: Readonly<
  Record<
    MovedKind,
    { readonly from: string; readonly key: readonly string[]; readonly item: string }
  >
> = {
  source: { from: "source", key: ["name"], item: "body" },
  session: { from: "session", key: ["n"], item: "body" },
  task: { from: "task", key: ["n"], item: "state" },
  alias: { from: "task_alias", key: ["id"], item: "json_object('id', id, 'task', task)" },
  word: { from: "task_fact", key: ["n"], item: "CASE WHEN place IS NULL THEN body END" },
  group: { from: "error_group", key: ['"group"'], item: "state" },
  "error-sum": {
    from: "error_sum",
    key: ["span", "project", '"group"'],
    item: `json_object('span', span, 'project', project, 'group', "group", 'count', count)`,
  },
  "run-sum": {
    from: "run_sum",
    key: ["day", "project", "command"],
    item: `json_object('day', day, 'project', project, 'command', command,
      'test', json(iif(test, 'true', 'false')), 'ok', ok, 'failed', failed)`,
  },
  "edit-sum": {
    from: "edit_sum",
    key: ["day", "project", "path"],
    item: "json_object('day', day, 'project', project, 'path', path, 'count', count)",
  },
  "usage-sum": {
    from: "usage_sum",
    key: ["hour", "session", "project", "model"],
    item: `CASE WHEN responses > 0 THEN json_object('hour', hour, 'sessionId', session, 'project', project,
      'model', model, 'responses', responses, 'inputTokens', input, 'outputTokens', output,
      'cacheReadTokens', cache_read, 'cacheWriteTokens', cache_write,
      'cacheWriteHourTokens', cache_write_hour) END`,
  },
  memory: { from: "memory", key: ["key"], item: "json_object('key', key, 'body', body)" },
  cursor: { from: "cursor", key: ["key"], item: "body" },
  skipped: {
    from: "skipped",
    key: ["source", "reason"],
    item: "json_object('source', source, 'reason', reason, 'count', count, 'lastAt', last_at)",
  },
  document: {
    from: "document",
    key: ["kind", "key"],
    item: "json_object('kind', kind, 'key', key, 'at', at, 'value', json(value))",
  },
  history: {
    from: "history",
    key: ["kind", "key", "at"],
    item: "json_object('kind', kind, 'key', key, 'at', at, 'value', json(value))",
  },
};

export function createMovable(
  sqlite: Sqlite,
  { change }: Transactions,
): Pick<Movable, "give" | "take" | "giveRecords"> {
  return {
    async give(kind, after) {
      const { from, key, item } = GIVEN[kind];
      const columns = key.join(", ");
      const beyond = after === undefined ? [] : (JSON.parse(after) as (string | number)[]);
      const marks = key.map(() => "?").join(", ");
      const rows = sqlite.read(
        `SELECT json_array(${columns}) AS key, ${item} AS item FROM ${from}
          ${beyond.length === 0 ? "" : `WHERE (${columns}) > (${marks})`} ORDER BY ${columns} LIMIT ?`,
        [...beyond, PAGE + 1],
      );
      const { items, ...rest } = pageOf(rows, ({ item: found }) => found);
      // Rows that stand for nothing to move have none.
      const told = items.filter((found) => found !== null);
      return { items: told.map((found) => JSON.parse(String(found)) as JsonObject), ...rest };
    },
    async giveRecords(after) {
      const sql = `${SELECT_RECORD} WHERE record.place > ? ORDER BY record.place LIMIT ?`;
      const rows = sqlite.read(sql, [after === undefined ? -1 : Number(after), PAGE + 1]);
      return pageOf(
        rows.map((row) => ({ ...row, key: String(row.place ?? 0) })),
        toStored,
      );
    },
    take: (kind, items) =>
      change(() => ({ statements: takeItems(sqlite, kind, items), result: undefined })),
  };
}

function pageOf<Item>(rows: readonly Row[], toItem: (row: Row) => Item): Page<Item> {
  const shown = rows.slice(0, PAGE);
  const items = shown.map(toItem);
  return rows.length > PAGE ? { items, next: String(shown.at(-1)?.key) } : { items };
}

function takeItems(sqlite: Sqlite, kind: MovedKind, items: readonly JsonObject[]): SqlStatement[] {
  const all = items as readonly unknown[];
  switch (kind) {
    case "source":
      return (all as WatchedSource[]).map(takeSource);
    case "session":
      return (all as Session[]).flatMap((session) => takeSession(sqlite, session));
    case "task":
      return takeTasks(sqlite, all as TaskState[]);
    case "alias":
      return (all as { id: string; task: string }[]).flatMap(({ id, task }) => moveTask(id, task));
    case "word":
      return (all as TaskFact[]).map(takeWord);
    case "group":
      return (all as ErrorGroup[]).map((group) => takeGroup(sqlite, group));
    case "error-sum":
    case "run-sum":
    case "edit-sum":
    case "usage-sum":
      return [takeSums(kind, all)];
    default:
      return [
        {
          sql: `INSERT OR IGNORE INTO ${kind} VALUES (${marksOf[kind]})`,
          each: all.map((item) => valuesOf(kind, item)),
        },
      ];
  }
}

const marksOf = {
  memory: "?, ?",
  cursor: "?, ?, ?",
  skipped: "?, ?, ?, ?",
  document: "?, ?, ?, ?",
  history: "?, ?, ?, ?",
};

function valuesOf(kind: keyof typeof marksOf, item: unknown): (string | number)[] {
  switch (kind) {
    case "memory": {
      const { key, body } = item as { key: string; body: string };
      return [key, body];
    }
    case "cursor":
      return [(item as Cursor).key, (item as Cursor).source, JSON.stringify(item)];
    case "skipped": {
      const { source, reason, count, lastAt } = item as SkippedLines;
      return [source, reason, count, lastAt];
    }
    default: {
      const { kind: of, key, at, value } = item as Document;
      return [of, key, at, JSON.stringify(value)];
    }
  }
}

const takeSource = (source: WatchedSource): SqlStatement => ({
  sql: "INSERT OR IGNORE INTO source VALUES (?, ?)",
  params: [source.name, JSON.stringify(source)],
});

/** Sessions come after their records, and are known by then. */
function takeSession(sqlite: Sqlite, session: Session): SqlStatement[] {
  const [row] = sqlite.read("SELECT body FROM session WHERE id = ?", [session.id]);
  if (!row) return [];
  const joined = joinSessions(JSON.parse(String(row.body)) as Session, session);
  const sql = "UPDATE session SET agent = ?, last_at = ?, body = ? WHERE id = ?";
  return [
    { sql, params: [joined.agent ?? null, joined.lastAt, JSON.stringify(joined), session.id] },
  ];
}

function takeTasks(sqlite: Sqlite, states: readonly TaskState[]): SqlStatement[] {
  const known = readTasks(
    sqlite,
    states.map(({ id }) => id),
  );
  const joined = states.map(
    (state) => [state.id, joinMovedTasks(known.get(state.id), state)] as const,
  );
  return storeTasks(new Map(joined), known);
}

function takeWord(fact: TaskFact): SqlStatement {
  const { taskId, at } = fact;
  const body = JSON.stringify(fact);
  const task = "coalesce((SELECT task FROM task_alias WHERE id = ?), ?)";
  return {
    sql: `INSERT INTO task_fact (task, at, body) SELECT ${task}, ?, ?
      WHERE NOT EXISTS (SELECT 1 FROM task_fact WHERE at = ? AND body = ? AND task = ${task})`,
    params: [taskId, taskId, at, body, at, body, taskId, taskId],
  };
}

function takeGroup(sqlite: Sqlite, group: ErrorGroup): SqlStatement {
  const [row] = sqlite.read('SELECT state FROM error_group WHERE "group" = ?', [group.group]);
  const joined = joinGroups(row && (JSON.parse(String(row.state)) as ErrorGroup), group);
  return {
    sql: `INSERT INTO error_group VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET status = excluded.status,
      first_at = excluded.first_at, last_at = excluded.last_at, count = excluded.count, state = excluded.state`,
    params: [
      ...[joined.group, joined.family, joined.class, joined.component, joined.status],
      ...[joined.firstAt, joined.lastAt, joined.count, JSON.stringify(joined)],
    ],
  };
}
