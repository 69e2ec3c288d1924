import { TrestleError } from "@trestle/protocol";
import type { Query } from "../../runs/postgres/postgres.ts";
import type { Change, Commit, LoadedSwarm, StoredSwarm, SwarmFilter } from "../swarm-store.ts";

/** How many versions back it is known what was taken away. */
const REMEMBERED = 10_000;

export async function insertSwarm(
  query: Query,
  { id, owner, createdAt, watched }: StoredSwarm,
  changes: readonly Change[],
): Promise<void> {
  await query(insertSql, [id, owner, createdAt, watched, ...columns(changes)]);
}

const insertSql = `
  WITH made AS (
    INSERT INTO trestle.swarm (id, owner, created_at, watched, version) VALUES ($1, $2, $3, $4, 1) RETURNING place
  )
  INSERT INTO trestle.swarm_record (swarm, kind, id, version, body)
  SELECT place, change.kind, change.id, 1, change.body
  FROM made, unnest($5::text[], $6::text[], $7::text[]) AS change (kind, id, body)`;

/** Gives the transaction, by which can be asked later whether it came to be. */
export async function updateSwarm(
  query: Query,
  id: string,
  { after, watched, changes }: Commit,
): Promise<string> {
  const [row] = await query<{ transaction: string }>(updateSql, [
    id,
    after,
    watched,
    ...columns(changes),
  ]);
  if (row === undefined) throw await whyNot(query, id);
  const version = after + 1;
  if (version % REMEMBERED === 0) await query(forgetSql, [id, version - REMEMBERED]);
  return row.transaction;
}

const updateSql = `
  WITH moved AS (
    UPDATE trestle.swarm SET version = version + 1, watched = $3 WHERE id = $1 AND version = $2 RETURNING place, version
  ), put AS (
    INSERT INTO trestle.swarm_record (swarm, kind, id, version, body)
    SELECT place, change.kind, change.id, version, change.body
    FROM moved, unnest($4::text[], $5::text[], $6::text[]) AS change (kind, id, body)
    ON CONFLICT (swarm, kind, id) DO UPDATE SET version = excluded.version, body = excluded.body
  )
  SELECT pg_current_xact_id()::text AS transaction FROM moved`;

const forgetSql = `
  DELETE FROM trestle.swarm_record
  WHERE swarm = (SELECT place FROM trestle.swarm WHERE id = $1) AND version < $2 AND body IS NULL`;

async function whyNot(query: Query, id: string): Promise<TrestleError> {
  const rows = await query("SELECT 1 FROM trestle.swarm WHERE id = $1", [id]);
  return rows.length === 0
    ? new TrestleError("not_found", `There is no swarm ${id}`)
    : new TrestleError("conflict", `Somebody else changed the swarm ${id} first`);
}

interface RecordRow {
  readonly newest: string;
  readonly kind: string | null;
  readonly id: string;
  readonly body: string | null;
}

export async function selectSwarm(
  query: Query,
  id: string,
  since: number,
): Promise<LoadedSwarm | undefined> {
  // One statement, and so one view of the database: the records are those of the version.
  const rows = await query<RecordRow>(since === 0 ? wholeSql : sinceSql, [id, since]);
  const [first] = rows;
  if (first === undefined) return undefined;
  const version = Number(first.newest);
  if (since > 0 && version - since >= REMEMBERED) return await selectSwarm(query, id, 0);
  const changes = rows.filter(({ kind }) => kind !== null).map(toChange);
  return { version, isWhole: since === 0, changes };
}

const sinceSql = `
  SELECT swarm.version AS newest, record.kind, record.id, record.body
  FROM trestle.swarm LEFT JOIN trestle.swarm_record AS record
    ON record.swarm = swarm.place AND record.version > $2::bigint
  WHERE swarm.id = $1`;

const wholeSql = `${sinceSql.replace("WHERE", "AND record.body IS NOT NULL WHERE")}`;

export async function listSwarms(
  query: Query,
  { owner, watched, beforeId, limit }: SwarmFilter,
): Promise<StoredSwarm[]> {
  const rows = await query<{ id: string; owner: string; created_at: string; watched: boolean }>(
    listSql,
    [owner ?? null, watched ?? null, beforeId ?? null, limit],
  );
  return rows.map(({ created_at, ...row }) => ({ ...row, createdAt: Number(created_at) }));
}

const listSql = `
  SELECT id, owner, created_at, watched FROM trestle.swarm
  WHERE ($1::text IS NULL OR owner = $1)
    AND ($2::boolean IS NULL OR watched = $2)
    AND ($3::text IS NULL OR place < (SELECT place FROM trestle.swarm WHERE id = $3))
  ORDER BY place DESC LIMIT $4`;

function columns(changes: readonly Change[]): unknown[] {
  return [
    changes.map(({ kind }) => kind),
    changes.map(({ id }) => toText(id)),
    changes.map(({ record }) => (record === null ? null : JSON.stringify(record))),
  ];
}

function toChange({ kind, id, body }: RecordRow): Change {
  const record: unknown = body === null ? null : JSON.parse(body);
  return { kind, id: JSON.parse(`"${id}"`), record } as Change;
}

/** Postgres has no text with a NUL or half a character in it, and ids that agents give may have. */
function toText(id: string): string {
  return JSON.stringify(id).slice(1, -1);
}
