import type { Connection } from "./connection.ts";
import { SCHEMA } from "./migrations.ts";

/** How long what was copied is kept; without a number for ever. */
export interface ArchiveRetention {
  readonly historyDays?: number | undefined;
  readonly auditDays?: number | undefined;
}

const DAY_MS = 86_400_000;
/** At once, so that nobody waits for a lock of ours. */
const BATCH = 5_000;

/** Deletes what is too old, in small transactions. Of several bridges one does it at a time. */
export async function retain(
  connection: Connection,
  { historyDays, auditDays }: ArchiveRetention,
  now: number,
): Promise<void> {
  if (historyDays !== undefined) {
    const before = Math.ceil(now - historyDays * DAY_MS);
    while ((await deleteExecutions(connection, before)) === BATCH);
  }
  if (auditDays === undefined) return;
  const before = Math.ceil(now - auditDays * DAY_MS);
  const homes = await connection.query<{ home: string }>(
    `SELECT DISTINCT home FROM ${SCHEMA}.audit_entry WHERE at < $1`,
    [before],
  );
  for (const { home } of homes) {
    while ((await cutAudit(connection, home, before)) === BATCH);
  }
}

function deleteExecutions({ transaction }: Connection, before: number): Promise<number> {
  return transaction(async (query) => {
    if (!(await isOurTurn(query))) return 0;
    const deleted = await query(
      `DELETE FROM ${SCHEMA}.execution WHERE execution_id IN (
        SELECT execution_id FROM ${SCHEMA}.execution WHERE started_at < $1
        ORDER BY started_at, execution_id LIMIT ${BATCH}
      ) RETURNING 1`,
      [before],
    );
    return deleted.length;
  });
}

/** Takes a beginning of the log away, and remembers with what it ended, so that the rest can still be verified. */
function cutAudit({ transaction }: Connection, home: string, before: number): Promise<number> {
  return transaction(async (query) => {
    if (!(await isOurTurn(query))) return 0;
    const old = await query<{ seq: string; hash: string }>(
      `SELECT seq, hash FROM ${SCHEMA}.audit_entry WHERE home = $1 AND at < $2
        ORDER BY seq LIMIT ${BATCH}`,
      [home, before],
    );
    const last = old.at(-1);
    if (!last) return 0;
    await query(
      `INSERT INTO ${SCHEMA}.audit_cut VALUES ($1, $2, $3)
        ON CONFLICT (home) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`,
      [home, last.seq, last.hash],
    );
    await query(`DELETE FROM ${SCHEMA}.audit_entry WHERE home = $1 AND seq <= $2`, [
      home,
      last.seq,
    ]);
    return old.length;
  });
}

async function isOurTurn(query: Connection["query"]): Promise<boolean> {
  const [row] = await query<{ ours: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtext($1)) AS ours",
    [`${SCHEMA}.retention`],
  );
  return row?.ours === true;
}
