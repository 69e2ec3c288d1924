import { isTrestleError, TrestleError } from "@trestle/protocol";
import type { Sqlite, SqlStatement, SqlValue } from "@trestle/store";
import { encodeFacts, encodePlan } from "../encode.ts";
import { type Append, type NewRun, UNFINISHED } from "../run-store.ts";

/** Stores what happens to runs. */
export interface RunWriter {
  create(run: NewRun, first: Append): Promise<void>;
  append(runId: string, append: Append): Promise<void>;
}

interface Change {
  readonly id: string;
  readonly append: Append;
  /** Where it begins. */
  readonly run?: NewRun;
}

interface Entry {
  readonly change: Change;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type Values = readonly SqlValue[];

/** One is written while the next is gathered, and what follows from the one before is worked out. */
const MOST_UNDER_WAY = 2;
/** Few enough that runs do not all wait for the same commit. */
const MOST_TOGETHER = 128;

/**
 * What comes from many runs while a commit is under way is one job of the next: each statement travels to the
 * writer once, with the values of all. Where one of them spoils the job, each is tried alone.
 */
export function createRunWriter(sqlite: Sqlite): RunWriter {
  let waiting: Entry[] = [];
  let planned = false;
  let underWay = 0;

  function add(change: Change): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.push({ change, resolve, reject });
    if (!planned && underWay === 0) {
      planned = true;
      queueMicrotask(send);
    }
    return promise;
  }

  function send(): void {
    planned = false;
    if (waiting.length === 0 || underWay === MOST_UNDER_WAY) return;
    const batch = waiting.slice(0, MOST_TOGETHER);
    waiting = waiting.slice(MOST_TOGETHER);
    underWay += 1;
    void writeBatch(batch).finally(() => {
      underWay -= 1;
      send();
    });
    // In a later turn, or both would be one commit.
    if (waiting.length > 0) {
      planned = true;
      setImmediate(send);
    }
  }

  async function writeBatch(batch: readonly Entry[]): Promise<void> {
    try {
      const missing = await writeChanges(
        sqlite,
        batch.map(({ change }) => change),
      );
      for (const { change, resolve, reject } of batch)
        if (missing.has(change)) reject(notFound(change.id));
        else resolve();
    } catch (error) {
      if (batch.length === 1 || !isConflict(error)) for (const { reject } of batch) reject(error);
      else await Promise.all(batch.map((entry) => writeBatch([entry])));
    }
  }

  return {
    create: (run, append) => add({ id: run.id, run, append }),
    append: (id, append) => add({ id, append }),
  };
}

/** All of them or none; gives those of runs that are not there. */
async function writeChanges(
  sqlite: Sqlite,
  changes: readonly Change[],
): Promise<ReadonlySet<Change>> {
  const begins = changes.filter(isBeginning);
  const updates = changes.filter(({ run }) => run === undefined);
  const ends = updates.filter(isEnd);
  const others = ends.length === 0 ? updates : updates.filter((change) => !isEnd(change));
  const [, , ended, updated] = await sqlite.write([
    { sql: insertPlan, each: plansOf(begins) },
    { sql: insertRun, each: begins.map(valuesOfRun) },
    { sql: endRun, each: ends.map(valuesOfEnd) },
    { sql: updateRun, each: others.map(valuesOfUpdate) },
    { sql: insertEvents, each: others.flatMap(valuesOfEvents) },
  ] satisfies SqlStatement[]);
  const changed = (ended?.changes ?? 0) + (updated?.changes ?? 0);
  return new Set(changed === updates.length ? [] : updates.filter((each) => !exists(sqlite, each)));
}

const insertPlan = "INSERT OR IGNORE INTO plan VALUES (?, ?)";

const insertRun = `
  INSERT INTO run (id, workflow, version, owner, plan, facts, parent, status, length, created_at, updated_at,
    output, first_events)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Fails on a null where the log is not as long as the writer believes, and with it the whole job. */
const updateRun = `
  UPDATE run SET
    length = CASE WHEN length = ? THEN ? END,
    status = ?,
    updated_at = ?,
    output = ?,
    snapshot = coalesce(?, snapshot),
    snapshot_after = coalesce(?, snapshot_after)
  WHERE id = ?`;

/** An end stands beside its run, after the number of events before it: one row is written and not two. */
const endRun = `
  UPDATE run SET
    length = CASE WHEN length = ? THEN ? END,
    status = ?,
    updated_at = ?,
    output = ?,
    ends = coalesce(ends || char(10), '') || ?
  WHERE id = ?`;

const insertEvents = `
  INSERT INTO run_event (run, first, events)
  SELECT place, ?, ? FROM run WHERE id = ?`;

function isBeginning(change: Change): change is Change & { readonly run: NewRun } {
  return change.run !== undefined;
}

function plansOf(begins: readonly { readonly run: NewRun }[]): Values[] {
  const plans = new Map(begins.map(({ run }) => [encodePlan(run.plan).hash, run.plan]));
  return [...plans].map(([hash, plan]) => [hash, encodePlan(plan).body]);
}

function valuesOfRun({ run, append }: { readonly run: NewRun; readonly append: Append }): Values {
  const { events, status, at, output } = append;
  return [
    run.id,
    run.workflow,
    run.version,
    run.owner,
    encodePlan(run.plan).hash,
    encodeFacts(run),
    run.parent?.runId ?? null,
    status,
    events.length,
    run.createdAt,
    at,
    textOf(output),
    JSON.stringify(events),
  ];
}

function isEnd({ append: { status, snapshot } }: Change): boolean {
  return snapshot === undefined && !UNFINISHED.includes(status);
}

function valuesOfEnd({ id, append }: Change): Values {
  const { after, events, status, at, output } = append;
  const end = `${after} ${JSON.stringify(events)}`;
  return [after, after + events.length, status, at, textOf(output), end, id];
}

function valuesOfUpdate({ id, append }: Change): Values {
  const { after, events, status, at, output, snapshot } = append;
  const length = after + events.length;
  const snapshotAfter = snapshot === undefined ? null : length;
  return [after, length, status, at, textOf(output), textOf(snapshot), snapshotAfter, id];
}

function valuesOfEvents({ id, append: { after, events } }: Change): Values[] {
  return events.length === 0 ? [] : [[after, JSON.stringify(events), id]];
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** Events of a run that is not there go nowhere: only whoever asked for them has to hear of it. */
function exists(sqlite: Sqlite, { id }: Change): boolean {
  return sqlite.read("SELECT 1 FROM run WHERE id = ?", [id]).length > 0;
}

function notFound(id: string): TrestleError {
  return new TrestleError("not_found", `There is no run ${id}`);
}

/** Is it the fault of one change, whatever the others are? */
function isConflict(error: unknown): boolean {
  return isTrestleError(error) && error.code === "conflict";
}
