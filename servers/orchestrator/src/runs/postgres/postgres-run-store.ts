import type { RunEvent } from "@trestle/flow";
import { TrestleError } from "@trestle/protocol";
import { createBatches } from "../batches.ts";
import { createPlanReader } from "../encode.ts";
import {
  type RunFilter,
  type RunStatus,
  type RunStore,
  type RunSummary,
  type StoredRun,
  UNFINISHED,
} from "../run-store.ts";
import type { Postgres } from "./postgres.ts";
import { insertRuns, type RunRow, toStoredRun, updateRuns } from "./run-rows.ts";

/** Runs in a Postgres that many machines share. */
export function createPostgresRunStore(postgres: Postgres): RunStore {
  return {
    async create(run, append) {
      const { id } = run;
      const made = await postgres.transaction((query) => insertRuns(query, [{ id, run, append }]));
      if (!made.has(id)) throw new TrestleError("conflict", `There is a run ${id} already`);
    },
    async append(id, append) {
      const done = await postgres.transaction((query) => updateRuns(query, [{ id, append }]));
      if (done.has(id)) return;
      const rows = await postgres.query("SELECT 1 FROM trestle.run WHERE id = $1", [id]);
      if (rows.length === 0) throw new TrestleError("not_found", `There is no run ${id}`);
      throw new TrestleError("conflict", `Somebody else told the run ${id} something first`);
    },
    load: createLoads(postgres),
    list: (filter) => list(postgres, filter),
    prune: (endedBefore) => prune(postgres, endedBefore),
    close: () => postgres.close(),
  };
}

interface Wanted {
  readonly id: string;
  readonly resolve: (run: StoredRun | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_LOADED = 100;

/** Runs that are asked for together are read together. */
function createLoads({ query }: Postgres): RunStore["load"] {
  const readPlan = createPlanReader();
  const add = createBatches<Wanted>(async (batch) => {
    try {
      const ids = [...new Set(batch.map(({ id }) => id))];
      const rows = await query<RunRow & { later: string[] }>(loadSql, [ids]);
      const found = new Map(rows.map((row) => [row.id, row]));
      for (const { id, resolve } of batch) {
        const row = found.get(id);
        const later = row?.later.flatMap((text) => JSON.parse(text) as RunEvent[]) ?? [];
        resolve(row && toStoredRun(row, later, readPlan));
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }, MOST_LOADED);
  return (id) => {
    const { promise, resolve, reject } = Promise.withResolvers<StoredRun | undefined>();
    add({ id, resolve, reject });
    return promise;
  };
}

/** One statement, and so one view of the database: the length is that of the events. */
const loadSql = `
  SELECT run.*, plan.body, ARRAY(
    SELECT events FROM trestle.run_event
    WHERE run_event.run = run.place AND run_event.first >= coalesce(run.snapshot_after, 0) ORDER BY run_event.first
  ) AS later
  FROM trestle.run JOIN trestle.plan ON plan.hash = run.plan WHERE run.id = ANY ($1::text[])`;

interface SummaryRow {
  readonly id: string;
  readonly workflow: string;
  readonly version: string;
  readonly owner: string;
  readonly status: RunStatus;
  readonly created_at: string;
  readonly updated_at: string;
  readonly parent: string | null;
}

async function list(
  { query }: Postgres,
  { statuses, workflow, owner, beforeId, limit }: RunFilter,
): Promise<RunSummary[]> {
  const rows = await query<SummaryRow>(listSql, [
    statuses ?? null,
    workflow ?? null,
    owner ?? null,
    beforeId ?? null,
    limit,
  ]);
  return rows.map(({ created_at, updated_at, parent, ...row }) => ({
    ...row,
    createdAt: Number(created_at),
    updatedAt: Number(updated_at),
    ...(parent === null ? {} : { parent }),
  }));
}

const listSql = `
  SELECT id, workflow, version, owner, status, created_at, updated_at, parent FROM trestle.run
  WHERE ($1::text[] IS NULL OR status = ANY ($1))
    AND ($2::text IS NULL OR workflow = $2)
    AND ($3::text IS NULL OR owner = $3)
    AND ($4::text IS NULL OR place < (SELECT place FROM trestle.run WHERE id = $4))
  ORDER BY place DESC LIMIT $5`;

/** So many at once, so that nobody waits long for them. */
const PRUNE_BATCH = 200;

async function prune({ query }: Postgres, endedBefore: number): Promise<string[]> {
  for (const pruned: string[] = []; ; ) {
    const rows = await query<{ id: string }>(pruneSql, [endedBefore, UNFINISHED, PRUNE_BATCH]);
    pruned.push(...rows.map(({ id }) => id));
    if (rows.length === PRUNE_BATCH) continue;
    await query(`DELETE FROM trestle.plan
      WHERE NOT EXISTS (SELECT 1 FROM trestle.run WHERE run.plan = plan.hash)`);
    return pruned;
  }
}

const pruneSql = `
  WITH due AS (
    SELECT place, id FROM trestle.run
    WHERE updated_at < $1 AND due_at IS NULL AND status <> ALL ($2::text[])
    ORDER BY place LIMIT $3 FOR UPDATE SKIP LOCKED
  ), events AS (DELETE FROM trestle.run_event USING due WHERE run_event.run = due.place
  ), blobs AS (DELETE FROM trestle.blob USING due WHERE blob.run = due.id)
  DELETE FROM trestle.run USING due WHERE run.place = due.place RETURNING run.id`;
