import { TrestleError } from "@trestle/protocol";
import type { Row, Sqlite, SqlStatement } from "@trestle/store";
import type {
  Change,
  Commit,
  LoadedSwarm,
  StoredSwarm,
  SwarmFilter,
  SwarmStore,
} from "../swarm-store.ts";

/** How many versions back it is known what was taken away. */
const REMEMBERED = 10_000;

/** Swarms in one SQLite file, opened with `swarmMigrations`. Commits of many swarms share one of the file. */
export function createSqliteSwarmStore(sqlite: Sqlite): SwarmStore {
  return {
    async create({ id, owner, createdAt, watched }, changes) {
      await sqlite.write([
        {
          sql: "INSERT INTO swarm (id, owner, created_at, watched, version) VALUES (?, ?, ?, ?, 1)",
          params: [id, owner, createdAt, watched ? 1 : 0],
        },
        ...recordRows(id, changes, 1),
      ]);
    },
    commit: (swarmId, commit) => commitTo(sqlite, swarmId, commit),
    load: async (swarmId, since = 0) => load(sqlite, swarmId, since),
    list: async (filter) => list(sqlite, filter),
    async remove(swarmId) {
      const [, removed] = await sqlite.write([
        {
          sql: "DELETE FROM swarm_record WHERE swarm = (SELECT place FROM swarm WHERE id = ?)",
          params: [swarmId],
        },
        { sql: "DELETE FROM swarm WHERE id = ?", params: [swarmId] },
      ]);
      return removed?.changes === 1;
    },
    close: () => sqlite.close(),
  };
}

/** Fails on a null where somebody else committed since, and with it the whole write. */
const nextVersion = `
  UPDATE swarm SET version = CASE WHEN version = $after THEN $after + 1 END, watched = $watched
  WHERE id = $id`;

const putRecord = `
  INSERT INTO swarm_record (swarm, kind, id, version, body)
  SELECT place, ?, ?, ?, ? FROM swarm WHERE id = ?
  ON CONFLICT (swarm, kind, id) DO UPDATE SET version = excluded.version, body = excluded.body`;

const forgetRemoved = `
  DELETE FROM swarm_record
  WHERE swarm = (SELECT place FROM swarm WHERE id = ?) AND version < ? AND body IS NULL`;

function recordRows(swarmId: string, changes: readonly Change[], version: number): SqlStatement[] {
  if (changes.length === 0) return [];
  const each = changes.map(({ kind, id, record }) => [
    kind,
    id,
    version,
    record === null ? null : JSON.stringify(record),
    swarmId,
  ]);
  return [{ sql: putRecord, each }];
}

async function commitTo(
  sqlite: Sqlite,
  id: string,
  { after, changes, watched }: Commit,
): Promise<void> {
  const version = after + 1;
  const [updated] = await sqlite.write([
    { sql: nextVersion, params: { id, after, watched: watched ? 1 : 0 } },
    ...recordRows(id, changes, version),
    ...(version % REMEMBERED === 0
      ? [{ sql: forgetRemoved, params: [id, version - REMEMBERED] }]
      : []),
  ]);
  if (updated?.changes === 0) throw new TrestleError("not_found", `There is no swarm ${id}`);
}

function load(sqlite: Sqlite, swarmId: string, since: number): LoadedSwarm | undefined {
  const [row] = sqlite.read("SELECT place, version FROM swarm WHERE id = ?", [swarmId]);
  if (row === undefined) return undefined;
  const version = Number(row.version);
  const isWhole = since === 0 || version - since >= REMEMBERED;
  const rows = isWhole
    ? sqlite.read("SELECT * FROM swarm_record WHERE swarm = ? AND body IS NOT NULL", [
        row.place ?? 0,
      ])
    : sqlite.read("SELECT * FROM swarm_record WHERE swarm = ? AND version > ?", [
        row.place ?? 0,
        since,
      ]);
  return { version, isWhole, changes: rows.map(toChange) };
}

function toChange({ kind, id, body }: Row): Change {
  const record: unknown = body === null ? null : JSON.parse(String(body));
  return { kind, id, record } as Change;
}

function list(sqlite: Sqlite, { owner, watched, beforeId, limit }: SwarmFilter): StoredSwarm[] {
  const rows = sqlite.read(
    `SELECT id, owner, created_at, watched FROM swarm
      WHERE ($owner IS NULL OR owner = $owner)
        AND ($watched IS NULL OR watched = $watched)
        AND ($before IS NULL OR place < (SELECT place FROM swarm WHERE id = $before))
      ORDER BY place DESC LIMIT $limit`,
    {
      owner: owner ?? null,
      watched: watched === undefined ? null : 1,
      before: beforeId ?? null,
      limit,
    },
  );
  return rows.map((row) => ({
    id: String(row.id),
    owner: String(row.owner),
    createdAt: Number(row.created_at),
    watched: row.watched === 1,
  }));
}
