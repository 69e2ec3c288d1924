import { ObjectError } from "../object-error.ts";
import type { ObjectCopy } from "../wire/copy.ts";
import type { Conflict, Replica, ReplicaStore, Version } from "./replica-store.ts";

export type ReplicaRow = Readonly<Record<string, unknown>>;

/** SQL that SQLite and Postgres read alike, with ? for each value. */
export interface ReplicaSql {
  all(text: string, ...values: readonly (string | number | null)[]): Promise<readonly ReplicaRow[]>;
  close(): Promise<void>;
}

/** The tables, the same in both. */
export const REPLICA_SCHEMA: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS object_replica (
    class TEXT NOT NULL,
    id TEXT NOT NULL,
    owner TEXT NOT NULL,
    seq BIGINT NOT NULL,
    given TEXT NOT NULL,
    copy TEXT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (class, id)
  )`,
  `CREATE TABLE IF NOT EXISTS object_conflict (
    name TEXT PRIMARY KEY,
    found_at BIGINT NOT NULL,
    ruling TEXT NOT NULL,
    other TEXT NOT NULL,
    resolved_at BIGINT,
    kept TEXT
  )`,
];

/** The store of copies over SQL; each method is one statement, and so one transaction. */
export function createSqlReplicaStore(sql: ReplicaSql): ReplicaStore {
  return {
    async get({ class: name, id }) {
      const [row] = await sql.all(
        "SELECT * FROM object_replica WHERE class = ? AND id = ?",
        name,
        id,
      );
      return row && toReplica(row);
    },
    async save({ owner, copy }, now) {
      const saved = await sql.all(
        `INSERT INTO object_replica (class, id, owner, seq, given, copy, saved_at)
         VALUES (?, ?, ?, ?, '{}', ?, ?)
         ON CONFLICT (class, id) DO UPDATE
         SET seq = excluded.seq, copy = excluded.copy, saved_at = excluded.saved_at
         WHERE object_replica.owner = excluded.owner AND object_replica.seq <= excluded.seq
         RETURNING seq`,
        ...[copy.class, copy.id, owner, copy.seq, JSON.stringify(copy), now],
      );
      return saved.length > 0;
    },
    async claim(from, to, now) {
      const given = { ...from.given, [from.owner]: from.copy.seq };
      const claimed = await sql.all(
        `UPDATE object_replica
         SET owner = ?, seq = ?, given = ?, copy = ?, saved_at = ?
         WHERE class = ? AND id = ? AND owner = ? AND seq = ? RETURNING seq`,
        ...[to.owner, to.copy.seq, JSON.stringify(given), JSON.stringify(to.copy), now],
        ...[from.copy.class, from.copy.id, from.owner, from.copy.seq],
      );
      return claimed.length > 0;
    },
    async addConflict({ foundAt, ruling, other }) {
      const { class: of, id, seq } = other.copy;
      await sql.all(
        `INSERT INTO object_conflict (name, found_at, ruling, other) VALUES (?, ?, ?, ?)
         ON CONFLICT (name) DO NOTHING`,
        ...[`${of}/${id}/${seq}`, foundAt, JSON.stringify(ruling), JSON.stringify(other)],
      );
    },
    async conflicts() {
      const rows = await sql.all(
        "SELECT * FROM object_conflict WHERE resolved_at IS NULL ORDER BY found_at, name",
      );
      return rows.map(toConflict);
    },
    async conflict(name) {
      const [row] = await sql.all("SELECT * FROM object_conflict WHERE name = ?", name);
      return row && toConflict(row);
    },
    async resolve(name, kept, { ruling, now }) {
      const resolved = await sql.all(
        `UPDATE object_conflict SET resolved_at = ?, kept = ?, ruling = ?
         WHERE name = ? AND resolved_at IS NULL RETURNING name`,
        ...[now, kept, JSON.stringify(ruling), name],
      );
      if (resolved.length > 0) return;
      throw new ObjectError("conflict", `The conflict ${name} was resolved meanwhile.`);
    },
    close: sql.close,
  };
}

function toReplica(row: ReplicaRow): Replica {
  return {
    copy: { ...(JSON.parse(String(row.copy)) as ObjectCopy), seq: Number(row.seq) },
    owner: String(row.owner),
    given: JSON.parse(String(row.given)) as Replica["given"],
    savedAt: Number(row.saved_at),
  };
}

function toConflict(row: ReplicaRow): Conflict {
  return {
    name: String(row.name),
    foundAt: Number(row.found_at),
    ruling: JSON.parse(String(row.ruling)) as Version,
    other: JSON.parse(String(row.other)) as Version,
    resolved:
      row.resolved_at === null
        ? undefined
        : { at: Number(row.resolved_at), kept: row.kept === "other" ? "other" : "ruling" },
  };
}
