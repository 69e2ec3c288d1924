import type { Run } from "@trestle/flow";
import type { BlobStore } from "../blobs/blob-store.ts";
import { putBack, putEventsBack } from "../blobs/large-values.ts";
import { createPostgresBlobs } from "../blobs/postgres-blobs.ts";
import { foldRun } from "../engine/fold-run.ts";
import type { createPlanReader } from "../runs/encode.ts";
import type { Query } from "../runs/postgres/postgres.ts";
import { type RunRow, readEvents, toStoredRun } from "../runs/postgres/run-rows.ts";
import type { StoredRun } from "../runs/run-store.ts";

/** A run as far as its log was read. */
export interface KnownRun {
  readonly run: Run;
  /** As it was when it was read first; of what changes only its log is followed. */
  readonly stored: StoredRun;
  length: number;
  /** Events that its newest snapshot holds. */
  snapshotAt: number;
}

/** Runs that were looked at lately: of these only what has happened since is read. */
export interface RunCache {
  /** Locks them until the transaction ends, in an order that all processes keep, and reads what is new. */
  lock(query: Query, ids: readonly string[]): Promise<Map<string, KnownRun>>;
  keep(id: string, known: KnownRun): void;
  /** What was applied to it here did not come to be. */
  forget(id: string): void;
}

const KEPT = 1_000;

export function createRunCache(readPlan: ReturnType<typeof createPlanReader>): RunCache {
  const runs = new Map<string, KnownRun>();

  async function catchUp(
    row: RunRow,
    later: ReturnType<typeof laterOf>,
    blobs: BlobStore,
  ): Promise<KnownRun> {
    const known = runs.get(row.id);
    if (known !== undefined) {
      for (const event of await putEventsBack(row.id, later, blobs)) known.run.apply(event);
      known.length = row.length;
      known.snapshotAt = row.snapshot_after ?? 0;
      return known;
    }
    const stored = await putBack(toStoredRun(row, later, readPlan), blobs);
    const run = foldRun(stored);
    return { run, stored, length: row.length, snapshotAt: row.snapshot_after ?? 0 };
  }

  return {
    async lock(query, ids) {
      const known = ids.filter((id) => runs.has(id));
      const rows = await query<RunRow>(lockSql, [ids, known]);
      const behind = rows.flatMap(({ id, place, length, snapshot_after }) => {
        const from = runs.get(id)?.length ?? snapshot_after ?? 0;
        return from < length ? [{ place, from }] : [];
      });
      const events = await readEvents(query, behind);
      const blobs = createPostgresBlobs(query);
      const caught = new Map<string, KnownRun>();
      for (const row of rows)
        caught.set(row.id, await catchUp(row, laterOf(events, row.place), blobs));
      return caught;
    },
    keep(id, known) {
      runs.delete(id);
      if (known.run.state.ended) return;
      runs.set(id, known);
      const [oldest] = runs.keys();
      if (runs.size > KEPT && oldest !== undefined) runs.delete(oldest);
    },
    forget: (id) => void runs.delete(id),
  };
}

function laterOf(events: Awaited<ReturnType<typeof readEvents>>, place: string) {
  return events.get(place) ?? [];
}

const lockSql = `
  SELECT run.id, run.place, run.status, run.length, run.workflow, run.version, run.owner, run.plan, run.created_at,
    run.updated_at, run.snapshot_after, run.output,
    CASE WHEN NOT known THEN run.facts END AS facts,
    CASE WHEN NOT known THEN run.snapshot END AS snapshot,
    CASE WHEN NOT known THEN run.first_events END AS first_events,
    CASE WHEN NOT known THEN plan.body END AS body
  FROM (SELECT *, id = ANY ($2::text[]) AS known FROM trestle.run WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE) AS run
  JOIN trestle.plan ON plan.hash = run.plan`;
