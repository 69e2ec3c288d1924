import type { ObjectRef, ObjectSummary } from "../protocol.ts";
import type { SqlPort, SqlRow } from "./sql-port.ts";

/** One row of `object`. */
export interface ObjectRow extends ObjectSummary {
  readonly key: number;
  /** False for the tombstone of a deleted object. */
  readonly alive: boolean;
  readonly bytes: number;
  readonly alarmAt: number | undefined;
}

const COLUMNS = "key, class, id, seq, alive, bytes, alarm_at, created_at, updated_at";

export function findObject(sql: SqlPort, ref: ObjectRef): ObjectRow | undefined {
  const [row] = sql.run(
    `SELECT ${COLUMNS} FROM object WHERE class = ? AND id = ?`,
    ref.class,
    ref.id,
  );
  return row && toObjectRow(row);
}

export function insertObject(sql: SqlPort, ref: ObjectRef, now: number): ObjectRow {
  const [row] = sql.run(
    `INSERT INTO object (class, id, seq, alive, bytes, created_at, updated_at)
     VALUES (?, ?, 0, 1, 0, ?, ?) RETURNING ${COLUMNS}`,
    ref.class,
    ref.id,
    now,
    now,
  );
  if (row === undefined) throw new Error("an inserted row was not returned");
  return toObjectRow(row);
}

export function updateObject(sql: SqlPort, row: ObjectRow): void {
  sql.run(
    `UPDATE object SET seq = ?, alive = ?, bytes = ?, alarm_at = ?, created_at = ?, updated_at = ?
     WHERE key = ?`,
    row.seq,
    row.alive ? 1 : 0,
    row.bytes,
    row.alarmAt ?? null,
    row.createdAt,
    row.updatedAt,
    row.key,
  );
}

export interface ListedAfter {
  readonly class: string | undefined;
  readonly after: ObjectRef;
  readonly limit: number;
}

export function listObjects(sql: SqlPort, range: ListedAfter): readonly ObjectRow[] {
  const only = range.class === undefined ? "" : "AND class = ?";
  const { after } = range;
  return sql
    .run(
      `SELECT ${COLUMNS} FROM object WHERE (class, id) > (?, ?) ${only} AND alive = 1
       ORDER BY class, id LIMIT ?`,
      after.class,
      after.id,
      ...(range.class === undefined ? [] : [range.class]),
      range.limit,
    )
    .map(toObjectRow);
}

export function soonestAlarms(sql: SqlPort, limit: number): readonly ObjectRow[] {
  return sql
    .run(
      `SELECT ${COLUMNS} FROM object WHERE alarm_at IS NOT NULL ORDER BY alarm_at LIMIT ?`,
      limit,
    )
    .map(toObjectRow);
}

function toObjectRow(row: SqlRow): ObjectRow {
  return {
    key: Number(row.key),
    class: String(row.class),
    id: String(row.id),
    seq: Number(row.seq),
    alive: row.alive === 1,
    bytes: Number(row.bytes),
    alarmAt: row.alarm_at === null ? undefined : Number(row.alarm_at),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}
