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
    events: eventsFrom(sqlite, row, after),
    ...endOf(row),
    ...(row.snapshot === null
      ? {}
      : { snapshot: { after, state: JSON.parse(String(row.snapshot)) as RunState } }),
  };
}

/** What a run began with and what it ended with stand in its row, and everything between in rows of their own. */
function eventsFrom(sqlite: Sqlite, row: Row, after: number): RunEvent[] {
  const begun = after === 0 && row.first_events !== null ? [String(row.first_events)] : [];
  const ends = row.ends === null ? [] : String(row.ends).split("\n").map(readEnd);
  const later = [...readBetween(sqlite, row), ...ends].filter(({ first }) => first >= after);
  later.sort((one, other) => one.first - other.first);
  return [...begun, ...later.map(({ events }) => events)].flatMap(
    (events) => JSON.parse(events) as RunEvent[],
  );
}

interface Part {
  /** Events in the log before these. */
  readonly first: number;
  readonly events: string;
}

function readBetween(sqlite: Sqlite, { place = null, snapshot_after }: Row): Part[] {
  const rows = sqlite.read("SELECT first, events FROM run_event WHERE run = ? AND first >= ?", [
    place,
    snapshot_after ?? 0,
  ]);
  return rows.map(({ first, events }) => ({ first: Number(first), events: String(events) }));
}

/** `NUMBER EVENTS`; JSON has no line breaks of its own. */
function readEnd(line: string): Part {
  const space = line.indexOf(" ");
  return { first: Number(line.slice(0, space)), events: line.slice(space + 1) };
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
    // The index leaves these out, as most runs are of them.
    statuses && !statuses.includes("succeeded") && "status <> 'succeeded'",
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
