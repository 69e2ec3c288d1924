import type { Run } from "@trestle/flow";
import { TrestleError } from "@trestle/protocol";
import { takeOut } from "../blobs/large-values.ts";
import { createPostgresBlobs } from "../blobs/postgres-blobs.ts";
import { keyOf } from "../engine/attempts.ts";
import { statusOf } from "../engine/status.ts";
import type { TakenTurn } from "../engine/turn.ts";
import type { Query } from "../runs/postgres/postgres.ts";
import { type Advanced, insertRuns, updateRuns } from "../runs/postgres/run-rows.ts";
import type { Append, NewRun } from "../runs/run-store.ts";
import { childrenToCancel } from "./children.ts";
import type { KnownRun } from "./run-cache.ts";
import {
  addOrphans,
  cancelTasks,
  dropTasks,
  nameOf,
  type Piece,
  type PutTasks,
  putTasks,
} from "./task-rows.ts";

/** A run that took a round. */
export interface Turned {
  readonly id: string;
  readonly run: Run;
  readonly stored: NewRun;
  readonly turn: TakenTurn;
}

/** The same while it is stored. */
export interface Turning extends Turned {
  readonly known: KnownRun;
  readonly begun: boolean;
}

/** The transaction that stores them. */
export interface Storing {
  readonly query: Query;
  readonly now: number;
  readonly leaseMs: number;
  /** Gives how many of so many places are free, or will be as soon as the attempts that ended are over. */
  takePlaces(most: number, ended: number): number;
}

/** Attempts of this process that have ended: how many, and of which runs. */
interface Done {
  readonly wentOn: ReadonlySet<string>;
  readonly ended: number;
}

/** What is to be done after the commit. */
export interface Stored extends PutTasks {
  /** Pieces of work that a worker is at and is to stop. */
  readonly stopping: readonly Piece[];
  /** Pieces of work that nobody was at: they have ended as cancelled. */
  readonly cancelled: readonly Piece[];
  /** Runs of steps that nobody waits for any more. */
  readonly orphans: readonly string[];
}

const SNAPSHOT_EVERY = 500;
/** How soon a run that cancels something looks whether it has ended. */
const CANCEL_AGAIN_MS = 5_000;

/** Stores rounds of runs that are locked, and all that follows from them by itself. */
export async function storeTurns(
  storing: Storing,
  turns: readonly Turning[],
  done: Done,
): Promise<Stored> {
  const { query } = storing;
  await storeRuns(storing, turns);
  await dropTasks(query, turns.flatMap(endedPieces));
  const { ready, claimed } = await beginTasks(storing, turns, done);
  const { stopping, cancelled } = await cancelAll(query, turns);
  const orphans = turns.flatMap(childrenToCancel);
  await addOrphans(query, orphans);
  return { ready, claimed, stopping, cancelled, orphans };
}

async function storeRuns({ query, now }: Storing, turns: readonly Turning[]): Promise<void> {
  const blobs = createPostgresBlobs(query);
  const advanced: (Turning & Advanced)[] = [];
  for (const turning of turns) {
    const { append, ...rest } = toAdvanced(turning, now);
    advanced.push({ ...turning, ...rest, append: await takeOut(turning.id, append, blobs) });
  }
  const fresh = advanced.filter((each) => each.begun);
  const made = await insertRuns(
    query,
    fresh.map((each) => ({ ...each, run: each.stored })),
  );
  // Begun by another process at this very moment: the next try finds it there.
  if (made.size < fresh.length) throw againLater();
  const older = advanced.filter(
    ({ begun, run, turn }) => !begun && !(run.state.ended && turn.events.length === 0),
  );
  const updated = await updateRuns(query, older);
  const lost = older.find(({ id }) => !updated.has(id));
  if (lost) throw new TrestleError("internal", `The run ${lost.id} changed though it was locked`);
}

/** Steps of runs that went on here come first: who ended the one before them has a place for them. */
function beginTasks(
  { query, takePlaces, leaseMs }: Storing,
  turns: readonly Turning[],
  { wentOn, ended }: Done,
): Promise<PutTasks> {
  const begin = ({ id, stored: { grant }, turn }: Turning) =>
    turn.starting.map((attempt) => ({ run: id, unit: keyOf(attempt), attempt, grant }));
  const following = turns.filter(({ id }) => wentOn.has(id)).flatMap(begin);
  const tasks = [...following, ...turns.filter(({ id }) => !wentOn.has(id)).flatMap(begin)];
  const claim = takePlaces(tasks.length, Math.min(following.length, ended));
  return putTasks(query, tasks, { claim, leaseMs });
}

function toAdvanced({ id, run, stored, turn, known }: Turning, now: number): Advanced {
  const { state } = run;
  const after = known.length;
  const length = after + turn.events.length;
  const isLong = length - known.snapshotAt >= SNAPSHOT_EVERY && !state.ended;
  known.length = length;
  if (isLong) known.snapshotAt = length;
  const append: Append = {
    after,
    events: turn.events,
    status: statusOf(run),
    at: now,
    ...(state.ended ? { output: run.output() } : {}),
    ...(isLong ? { snapshot: state } : {}),
  };
  const dueAt = dueOf(run, stored, turn, now);
  return { id, append, ...(dueAt === undefined ? {} : { dueAt }) };
}

/** A run of a step that has ended is due until its parent has heard of it. */
function dueOf(run: Run, { parent }: NewRun, turn: TakenTurn, now: number): number | undefined {
  if (run.state.ended) return parent === undefined ? undefined : now;
  if (turn.cancels.length === 0) return turn.wakeAt;
  return Math.min(turn.wakeAt ?? Number.POSITIVE_INFINITY, now + CANCEL_AGAIN_MS);
}

/** Work that is over though its claim was not ended: given up, or done by a run of its own. */
function endedPieces({ id, turn }: Turning): Piece[] {
  return turn.events.flatMap((event) =>
    event.kind === "attemptSucceeded" || event.kind === "attemptFailed"
      ? [{ run: id, unit: keyOf(event) }]
      : [],
  );
}

async function cancelAll(query: Query, turns: readonly Turning[]) {
  const pieces = turns.flatMap(({ id, turn }) =>
    turn.cancels.map((cancel) => ({ run: id, unit: keyOf(cancel) })),
  );
  const atWork = await cancelTasks(query, pieces);
  return {
    stopping: pieces.filter((piece) => atWork.has(nameOf(piece))),
    cancelled: pieces.filter((piece) => !atWork.has(nameOf(piece))),
  };
}

function againLater(): Error {
  return Object.assign(new Error("another process began a run of this id"), { code: "40001" });
}
