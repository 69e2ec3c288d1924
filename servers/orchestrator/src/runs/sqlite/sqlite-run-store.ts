import type { RunEvent, RunState } from "@trestle/flow";
import type { JsonObject, JsonValue } from "@trestle/protocol";
import type { Row, Sqlite } from "@trestle/store";
import { createPlanReader, decodeFacts } from "../encode.ts";
import {
  type RunFilter,
  type RunStatus,
  type RunStore,
  type RunSummary,
  type StoredRun,
  UNFINISHED,
} from "../run-store.ts";
import { createRunWriter } from "./run-writer.ts";

/** Runs in one SQLite file, opened with `runMigrations`. Appends of many runs share their commits. */
export function createSqliteRunStore(sqlite: Sqlite): RunStore {
  const writer = createRunWriter(sqlite);
  const readPlan = createPlanReader();
  return {
    create: writer.create,
    append: writer.append,
    load: async (runId) => load(sqlite, runId, readPlan),
    list: async (filter) => list(sqlite, filter),
    prune: (endedBefore) => prune(sqlite, endedBefore),
    close: () => sqlite.close(),
  };
}

function load(
  sqlite: Sqlite,
  runId: string,
  readPlan: ReturnType<typeof createPlanReader>,
): StoredRun | undefined {
  const [row] = sqlite.read(
    `SELECT run.*, plan.body FROM run JOIN plan ON plan.hash = run.plan WHERE id = ?`,
    [runId],
  );
  if (row === undefined) return undefined;
  const after = Number(row.snapshot_after ?? 0);
  const groups = sqlite.read(
    "SELECT events FROM run_event WHERE run = ? AND first >= ? ORDER BY first",
    [row.place ?? null, after],
  );
  return {
    ...decodeFacts(String(row.facts)),
    id: runId,
    workflow: String(row.workflow),
    version: String(row.version),
    owner: String(row.owner),
    plan: readPlan({ hash: String(row.plan), body: String(row.body) }),
    createdAt: Number(row.created_at),
    status: row.status as RunStatus,
    length: Number(row.length),
    events: [...(after === 0 ? [{ events: row.first_events ?? null }] : []), ...groups].flatMap(
      eventsOf,
    ),
    ...endOf(row),
    ...(row.snapshot === null
      ? {}
      : { snapshot: { after, state: JSON.parse(String(row.snapshot)) as RunState } }),
  };
}

function eventsOf({ events }: Row): RunEvent[] {
  return events === null ? [] : (JSON.parse(String(events)) as RunEvent[]);
}

function endOf(row: Row): { output?: JsonValue; endedAt?: number } {
  if (UNFINISHED.includes(row.status as RunStatus)) return {};
  return {
    endedAt: Number(row.updated_at),
    ...(row.output === null ? {} : { output: JSON.parse(String(row.output)) as JsonValue }),
  };
}

function list(
  sqlite: Sqlite,
  { statuses, workflow, owner, beforeId, limit }: RunFilter,
): RunSummary[] {
  const conditions = [
    statuses && `status IN (SELECT value FROM json_each($statuses))`,
    workflow !== undefined && "workflow = $workflow",
    owner !== undefined && "owner = $owner",
    beforeId !== undefined && "place < (SELECT place FROM run WHERE id = $beforeId)",
  ].filter(Boolean);
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const params = {
    limit,
    ...(statuses ? { statuses: JSON.stringify(statuses) } : {}),
    ...(workflow === undefined ? {} : { workflow }),
    ...(owner === undefined ? {} : { owner }),
    ...(beforeId === undefined ? {} : { beforeId }),
  };
  const rows = sqlite.read(
    `SELECT id, workflow, version, owner, status, created_at, updated_at, parent
     FROM run ${where} ORDER BY place DESC LIMIT $limit`,
    params,
  );
  return rows.map(toSummary);
}

function toSummary(row: Row): RunSummary {
  return {
    id: String(row.id),
    workflow: String(row.workflow),
    version: String(row.version),
    owner: String(row.owner),
    status: row.status as RunStatus,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    ...(row.parent === null ? {} : { parent: String(row.parent) }),
  };
}

/** So many at once, so that others write in between. */
const PRUNE_BATCH = 200;

async function prune(sqlite: Sqlite, endedBefore: number): Promise<string[]> {
  const due = `SELECT place FROM run WHERE updated_at < $before
    AND status NOT IN (SELECT value FROM json_each($unfinished)) ORDER BY place LIMIT ${PRUNE_BATCH}`;
  const params: JsonObject & Record<string, string | number> = {
    before: endedBefore,
    unfinished: JSON.stringify(UNFINISHED),
  };
  for (const pruned: string[] = []; ; ) {
    const [, deleted] = await sqlite.write([
      { sql: `DELETE FROM run_event WHERE run IN (${due})`, params },
      { sql: `DELETE FROM run WHERE place IN (${due}) RETURNING id`, params },
    ]);
    pruned.push(...(deleted?.rows ?? []).map(({ id }) => String(id)));
    if (deleted?.changes === PRUNE_BATCH) continue;
    await sqlite.write([{ sql: "DELETE FROM plan WHERE hash NOT IN (SELECT plan FROM run)" }]);
    return pruned;
  }
}
