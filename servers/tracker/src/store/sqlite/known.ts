import { TrestleError } from "@trestle/protocol";
import type { Row, Sqlite } from "@trestle/store";
import type { ErrorGroup } from "../../model/error-group.ts";
import type { UsageFact } from "../../model/facts.ts";
import type { Session } from "../../model/session.ts";
import type { Known } from "../commit/plan.ts";
import type { TaskState } from "../commit/task-state.ts";
import type { Batch, Cursor, Lease } from "../tracker-store.ts";

/** Reads what a batch touches. Throws `conflict` where the batch is not the next of its source. */
export function readKnown(sqlite: Sqlite, batch: Batch): Known {
  checkLease(sqlite, batch.lease);
  checkCursor(sqlite, batch);
  const { facts } = batch;
  const taskIds = [...new Set(facts.tasks.map((fact) => fact.taskId))];
  const aliases = readAliases(sqlite, taskIds);
  const sessionIds = [...batch.sessions.keys(), ...batch.records.map(({ sessionId }) => sessionId)];
  return {
    records: new Set(
      findEach(
        sqlite,
        "SELECT id FROM record WHERE id IN",
        batch.records.map(({ id }) => id),
      ).map(({ id }) => String(id)),
    ),
    aliases,
    tasks: readTasks(
      sqlite,
      taskIds.map((id) => aliases.get(id) ?? id),
    ),
    groups: toMap<ErrorGroup>(
      findEach(
        sqlite,
        'SELECT "group" AS id, state AS body FROM error_group WHERE "group" IN',
        facts.errors.map(({ group }) => group),
      ),
    ),
    sessions: toMap<Session>(
      findEach(sqlite, "SELECT id, body FROM session WHERE id IN", sessionIds),
    ),
    responses: toMap<UsageFact>(
      findEach(
        sqlite,
        "SELECT id, body FROM response WHERE id IN",
        facts.usage.map(({ responseId }) => responseId),
      ),
    ),
    horizon: Number(sqlite.read("SELECT horizon FROM turn")[0]?.horizon),
  };
}

export function readTasks(sqlite: Sqlite, ids: readonly string[]): Map<string, TaskState> {
  return toMap<TaskState>(findEach(sqlite, "SELECT id, state AS body FROM task WHERE id IN", ids));
}

export function readAliases(sqlite: Sqlite, ids: readonly string[]): Map<string, string> {
  const rows = findEach(sqlite, "SELECT id, task FROM task_alias WHERE id IN", ids);
  return new Map(rows.map(({ id, task }) => [String(id), String(task)]));
}

export function readCursor(sqlite: Sqlite, key: string): Cursor | undefined {
  const [row] = sqlite.read("SELECT body FROM cursor WHERE key = ?", [key]);
  return row && (JSON.parse(String(row.body)) as Cursor);
}

function checkCursor(sqlite: Sqlite, { cursor, expected }: Batch): void {
  if (!cursor) return;
  const found = readCursor(sqlite, cursor.key);
  if (found?.offset === expected?.offset && found?.head === expected?.head) return;
  throw new TrestleError(
    "conflict",
    `${cursor.path} was read on by another, up to byte ${found?.offset ?? 0} and not ${expected?.offset ?? 0}. ` +
      "Nothing of this batch was stored: read on from the stored cursor.",
  );
}

function checkLease(sqlite: Sqlite, lease: Lease | undefined): void {
  if (!lease) return;
  const [row] = sqlite.read("SELECT fence FROM lease WHERE name = ?", [lease.name]);
  if (row?.fence === lease.fence) return;
  throw new TrestleError(
    "conflict",
    `Another has taken ${lease.name} over. Nothing of this batch was stored: leave this source to it.`,
  );
}

/** `sql` ends with the column and IN. */
function findEach(sqlite: Sqlite, sql: string, values: readonly string[]): Row[] {
  if (values.length === 0) return [];
  return sqlite.read(`${sql} (SELECT value FROM json_each(?))`, [
    JSON.stringify([...new Set(values)]),
  ]);
}

function toMap<Value>(rows: readonly Row[]): Map<string, Value> {
  return new Map(rows.map(({ id, body }) => [String(id), JSON.parse(String(body)) as Value]));
}
