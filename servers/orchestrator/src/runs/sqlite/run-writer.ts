import { isTrestleError, TrestleError } from "@trestle/protocol";
import type { Sqlite, SqlStatement, SqlValue } from "@trestle/store";
import { encodeFacts, encodePlan } from "../encode.ts";
import type { Append, NewRun } from "../run-store.ts";

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

/**
 * What comes from many runs while a commit is under way is one job of the next: each statement travels to the
 * writer once, with the values of all. Where one of them spoils the job, each is tried alone.
 */
export function createRunWriter(sqlite: Sqlite): RunWriter {
  let waiting: Entry[] = [];
  let writing = false;

  function add(change: Change): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.push({ change, resolve, reject });
    if (!writing) {
      writing = true;
      queueMicrotask(() => void writeAll());
    }
    return promise;
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await writeBatch(batch);
    }
    writing = false;
  }

  async function writeBatch(batch: readonly Entry[]): Promise<void> {
    try {
      await writeChanges(batch.map(({ change }) => change));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (batch.length === 1 || !isOfOne(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      await Promise.all(batch.map((entry) => writeBatch([entry])));
    }
  }

  async function writeChanges(changes: readonly Change[]): Promise<void> {
    const begins = changes.filter(isBeginning);
    const updates = changes.filter(({ run }) => run === undefined);
    const [, , updated] = await sqlite.write([
      { sql: insertPlan, each: plansOf(begins) },
      { sql: insertRun, each: begins.map(valuesOfRun) },
      { sql: updateRun, each: updates.map(valuesOfUpdate) },
      { sql: insertEvents, each: updates.flatMap(valuesOfEvents) },
    ] satisfies SqlStatement[]);
    if (updated?.changes !== updates.length) throw missing(sqlite, updates);
  }

  return {
    create: (run, append) => add({ id: run.id, run, append }),
    append: (id, append) => add({ id, append }),
  };
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
function missing(sqlite: Sqlite, updates: readonly Change[]): TrestleError {
  const lost = updates.find(
    ({ id }) => sqlite.read("SELECT 1 FROM run WHERE id = ?", [id]).length === 0,
  );
  return new TrestleError("not_found", `There is no run ${lost?.id}`);
}

/** Is it the fault of one change, whatever the others are? */
function isOfOne(error: unknown): boolean {
  return isTrestleError(error) && (error.code === "conflict" || error.code === "not_found");
}
