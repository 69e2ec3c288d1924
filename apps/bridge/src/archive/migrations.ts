import { TrestleError } from "@trestle/protocol";
import type { Connection } from "./connection.ts";

export const SCHEMA = "trestle_bridge";

/**
 * In order; what has run stays as it is, so steps are only ever added at the end. All in a schema of their
 * own, beside whatever else is in the database. Texts are compared byte by byte, as SQLite does it.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE ${SCHEMA}.home (
      id text COLLATE "C" PRIMARY KEY,
      name text NOT NULL,
      seen_at bigint NOT NULL
    )`,
    `CREATE TABLE ${SCHEMA}.execution (
      execution_id text COLLATE "C" PRIMARY KEY,
      home text COLLATE "C" NOT NULL,
      seq bigint NOT NULL,
      parent_execution_id text COLLATE "C",
      server text COLLATE "C" NOT NULL,
      tool text COLLATE "C" NOT NULL,
      principal text COLLATE "C" NOT NULL,
      read_only smallint NOT NULL,
      arguments text NOT NULL,
      outcome text NOT NULL,
      started_at bigint NOT NULL,
      duration_ms double precision,
      attempts integer NOT NULL,
      retries integer NOT NULL,
      cached smallint NOT NULL,
      fallback_used smallint NOT NULL,
      stages text,
      era text,
      client text,
      cost double precision,
      request_bytes bigint,
      result_bytes bigint,
      error_code text,
      error_message text
    )`,
    `CREATE INDEX execution_by_time ON ${SCHEMA}.execution (started_at, execution_id)`,
    `CREATE INDEX execution_by_tool ON ${SCHEMA}.execution (server, tool, started_at, execution_id)`,
    `CREATE INDEX execution_by_principal ON ${SCHEMA}.execution (principal, started_at, execution_id)`,
    `CREATE INDEX execution_by_parent ON ${SCHEMA}.execution (parent_execution_id)
      WHERE parent_execution_id IS NOT NULL`,
    // Two entries of one number are evidence: neither takes the place of the other.
    `CREATE TABLE ${SCHEMA}.audit_entry (
      home text COLLATE "C" NOT NULL,
      seq bigint NOT NULL,
      hash text COLLATE "C" NOT NULL,
      at bigint NOT NULL,
      line text NOT NULL,
      event text,
      operation text,
      principal text,
      actor text,
      server text,
      tool text,
      PRIMARY KEY (home, seq, hash)
    )`,
    `CREATE INDEX audit_by_time ON ${SCHEMA}.audit_entry (at, home, seq)`,
    `CREATE INDEX audit_by_event ON ${SCHEMA}.audit_entry (event, at)`,
    // Up to where retention took entries away; whatever else is missing was not taken by us.
    `CREATE TABLE ${SCHEMA}.audit_cut (
      home text COLLATE "C" PRIMARY KEY,
      seq bigint NOT NULL,
      hash text COLLATE "C" NOT NULL
    )`,
  ],
  [`ALTER TABLE ${SCHEMA}.execution ADD COLUMN run text, ADD COLUMN result_hash text`],
];

/** Makes or migrates the tables, one bridge at a time. Throws `unsupported` where a newer one made them. */
export async function migrate({ transaction, where }: Connection): Promise<void> {
  await transaction(async (query) => {
    await query("SELECT pg_advisory_xact_lock(hashtext($1))", [`${SCHEMA}.migration`]);
    const [found] = await query<{ is: string | null }>("SELECT to_regclass($1)::text AS is", [
      `${SCHEMA}.migration`,
    ]);
    if (!found?.is) {
      await query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
      await query(`CREATE TABLE ${SCHEMA}.migration (number integer PRIMARY KEY)`);
    }
    const [row] = await query<{ done: number }>(
      `SELECT coalesce(max(number), 0) AS done FROM ${SCHEMA}.migration`,
    );
    const done = row?.done ?? 0;
    if (done > MIGRATIONS.length) throw tooNew(where, done);
    for (const [index, statements] of MIGRATIONS.entries()) {
      if (index < done) continue;
      for (const statement of statements) await query(statement);
      await query(`INSERT INTO ${SCHEMA}.migration VALUES ($1)`, [index + 1]);
    }
  });
}

function tooNew(where: string, found: number): TrestleError {
  return new TrestleError(
    "unsupported",
    `Postgres at ${where} has schema version ${found} of ${SCHEMA}, and this bridge knows only up to ` +
      `${MIGRATIONS.length}. Upgrade this bridge, or name another database in store.postgres.`,
    { details: { found, known: MIGRATIONS.length } },
  );
}
