import type { RunEvent, RunState } from "@trestle/flow";
import type { JsonValue } from "@trestle/protocol";
import { type createPlanReader, decodeFacts, encodeFacts, encodePlan } from "../encode.ts";
import {
  type Append,
  type NewRun,
  type RunStatus,
  type StoredRun,
  UNFINISHED,
} from "../run-store.ts";
import type { Query } from "./postgres.ts";

/** What a run has become, and when somebody has to look at it again. */
export interface Advanced {
  readonly id: string;
  readonly append: Append;
  /** Epoch milliseconds of the database; undefined where nothing follows by itself. */
  readonly dueAt?: number;
}

/** Ids of those that are new; the others were there. */
export async function insertRuns(
  query: Query,
  begun: readonly (Advanced & { readonly run: NewRun })[],
): Promise<Set<string>> {
  if (begun.length === 0) return new Set();
  const plans = new Map(begun.map(({ run }) => [encodePlan(run.plan).hash, encodePlan(run.plan)]));
  const hashes = [...plans.keys()].toSorted();
  await query(insertPlansSql, [hashes, hashes.map((hash) => plans.get(hash)?.body)]);
  const rows = await query<{ id: string }>(insertRunsSql, [
    begun.map(({ id }) => id),
    begun.map(({ run }) => run.workflow),
    begun.map(({ run }) => run.version),
    begun.map(({ run }) => run.owner),
    begun.map(({ run }) => encodePlan(run.plan).hash),
    begun.map(({ run }) => encodeFacts(run)),
    begun.map(({ run }) => run.parent?.runId ?? null),
    begun.map(({ append }) => append.status),
    begun.map(({ append }) => append.events.length),
    begun.map(({ run }) => run.createdAt),
    begun.map(({ append }) => append.at),
    begun.map(({ append }) => textOf(append.output)),
    begun.map(({ append }) => JSON.stringify(append.events)),
    begun.map(({ dueAt }) => toBigint(dueAt)),
  ]);
  return new Set(rows.map(({ id }) => id));
}

const insertPlansSql = `
  INSERT INTO trestle.plan SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`;

const insertRunsSql = `
  INSERT INTO trestle.run (id, workflow, version, owner, plan, facts, parent, status, length, created_at, updated_at,
    output, first_events, due_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::int[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::bigint[])
  ON CONFLICT (id) DO NOTHING RETURNING id`;

/** Ids of those whose log was as long as the writer believed. */
export async function updateRuns(query: Query, all: readonly Advanced[]): Promise<Set<string>> {
  if (all.length === 0) return new Set();
  const lengths = all.map(({ append }) => append.after + append.events.length);
  const rows = await query<{ id: string }>(updateRunsSql, [
    all.map(({ id }) => id),
    all.map(({ append }) => append.after),
    lengths,
    all.map(({ append }) => append.status),
    all.map(({ append }) => append.at),
    all.map(({ append }) => textOf(append.output)),
    all.map(({ append }) => textOf(append.snapshot)),
    all.map(({ append }, index) => (append.snapshot ? (lengths[index] ?? null) : null)),
    all.map(({ dueAt }) => toBigint(dueAt)),
    all.map(({ append }) => (append.events.length > 0 ? JSON.stringify(append.events) : null)),
  ]);
  return new Set(rows.map(({ id }) => id));
}

const updateRunsSql = `
  WITH given AS (
    SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::bigint[], $6::text[], $7::text[],
      $8::int[], $9::bigint[], $10::text[])
      AS given (id, after, length, status, at, output, snapshot, snapshot_after, due_at, events)
  ), updated AS (
    UPDATE trestle.run SET length = given.length, status = given.status, updated_at = given.at,
      output = given.output, snapshot = coalesce(given.snapshot, run.snapshot),
      snapshot_after = coalesce(given.snapshot_after, run.snapshot_after), due_at = given.due_at
    FROM given WHERE run.id = given.id AND run.length = given.after
    RETURNING run.id, run.place, given.after, given.events
  ), stored AS (
    INSERT INTO trestle.run_event (run, first, events)
    SELECT place, after, events FROM updated WHERE events IS NOT NULL
  )
  SELECT id FROM updated`;

export interface RunRow {
  readonly id: string;
  readonly place: string;
  readonly status: RunStatus;
  readonly length: number;
  readonly workflow: string;
  readonly version: string;
  readonly owner: string;
  readonly plan: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly output: string | null;
  readonly snapshot: string | null;
  readonly snapshot_after: number | null;
  /** These are null where the caller has them already. */
  readonly facts: string | null;
  readonly body: string | null;
  readonly first_events: string | null;
}

/** Events of each run from a place in its log on, by the run's place. */
export async function readEvents(
  query: Query,
  wanted: readonly { readonly place: string; readonly from: number }[],
): Promise<Map<string, RunEvent[]>> {
  const found = new Map<string, RunEvent[]>();
  if (wanted.length === 0) return found;
  const rows = await query<{ run: string; events: string }>(readEventsSql, [
    wanted.map(({ place }) => place),
    wanted.map(({ from }) => from),
  ]);
  for (const { run, events } of rows) {
    const known = found.get(run) ?? [];
    known.push(...(JSON.parse(events) as RunEvent[]));
    found.set(run, known);
  }
  return found;
}

const readEventsSql = `
  SELECT run_event.run, run_event.events
  FROM unnest($1::bigint[], $2::int[]) AS wanted (place, start), LATERAL (
    -- Of each run by itself, by its index: a plan for all of them would read the whole table.
    SELECT run, first, events FROM trestle.run_event WHERE run = wanted.place AND first >= wanted.start OFFSET 0
  ) AS run_event
  ORDER BY run_event.run, run_event.first`;

/** `later`: those events that do not stand in the row itself. */
export function toStoredRun(
  row: RunRow,
  later: readonly RunEvent[],
  readPlan: ReturnType<typeof createPlanReader>,
): StoredRun {
  const after = row.snapshot_after ?? 0;
  const first = after === 0 ? (JSON.parse(row.first_events ?? "[]") as RunEvent[]) : [];
  return {
    ...decodeFacts(row.facts ?? "{}"),
    id: row.id,
    workflow: row.workflow,
    version: row.version,
    owner: row.owner,
    plan: readPlan({ hash: row.plan, body: row.body ?? "" }),
    createdAt: Number(row.created_at),
    status: row.status,
    length: row.length,
    events: [...first, ...later],
    ...(UNFINISHED.includes(row.status) ? {} : endOf(row)),
    ...(row.snapshot === null
      ? {}
      : { snapshot: { after, state: JSON.parse(row.snapshot) as RunState } }),
  };
}

function endOf({ updated_at, output }: RunRow) {
  return {
    endedAt: Number(updated_at),
    ...(output === null ? {} : { output: JSON.parse(output) as JsonValue }),
  };
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function toBigint(at: number | undefined): number | null {
  return at === undefined ? null : Math.ceil(at);
}
