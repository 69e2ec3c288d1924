import { beginRun, type Run } from "@trestle/flow";
import { type Clock, TrestleError } from "@trestle/protocol";
import { takeOut } from "../blobs/large-values.ts";
import { createPostgresBlobs } from "../blobs/postgres-blobs.ts";
import { keyOf } from "../engine/attempts.ts";
import { notFound } from "../engine/engine.ts";
import { workflowOf } from "../engine/fold-run.ts";
import { statusOf } from "../engine/status.ts";
import { type Letter, type TakenTurn, takeTurn } from "../engine/turn.ts";
import { createBatches } from "../runs/batches.ts";
import type { createPlanReader } from "../runs/encode.ts";
import type { Postgres, Query } from "../runs/postgres/postgres.ts";
import { type Advanced, insertRuns, updateRuns } from "../runs/postgres/run-rows.ts";
import type { Append, NewRun } from "../runs/run-store.ts";
import type { Places } from "./places.ts";
import { createRunCache, type KnownRun, type RunCache } from "./run-cache.ts";
import type { Claim, ReadyTask, Task } from "./task.ts";
import {
  cancelTasks,
  dropTasks,
  endClaims,
  nameOf,
  type Piece,
  type PutTasks,
  putTasks,
} from "./task-rows.ts";

/** Something that happens to a run. */
export interface Advance {
  readonly runId: string;
  /** Where the run begins with it. */
  readonly begin?: NewRun;
  readonly letters: readonly Letter["toEvents"][];
  /** The letters are heard only where this claim still stands, and end it. */
  readonly claim?: Claim;
}

/** `taken`: the id of the new run is that of another; `refused`: the claim is somebody else's now. */
export type Outcome = "done" | "taken" | "refused";

/** What is to be done after a commit. */
export interface Followed {
  readonly ready: readonly ReadyTask[];
  /** Tasks that this process has claimed with the commit, and the time before it. */
  readonly claimed: readonly Task[];
  readonly asked: number;
  /** Runs that turned, with what happened to them. */
  readonly turned: readonly Turned[];
  /** Pieces of work that a worker is at and is to stop. */
  readonly stopping: readonly Piece[];
  /** Pieces of work that nobody was at: they have ended as cancelled. */
  readonly cancelled: readonly Piece[];
}

export interface Turned {
  readonly id: string;
  readonly run: Run;
  readonly stored: NewRun;
  readonly turn: TakenTurn;
}

export interface AdvancerParts {
  readonly postgres: Postgres;
  readonly clock: Clock;
  readonly readPlan: ReturnType<typeof createPlanReader>;
  /** Where this process makes attempts: what finds a place there is claimed as it comes to be. */
  readonly places: Places;
  readonly leaseMs: number;
  /** Called after each commit. */
  readonly follow: (followed: Followed) => void;
}

interface Request extends Advance {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_TOGETHER = 200;
const SNAPSHOT_EVERY = 500;
/** How soon a run that cancels something looks whether it has ended. */
const CANCEL_AGAIN_MS = 5_000;

/** Moves runs on: what comes for many at once is one transaction. */
export function createAdvancer(parts: AdvancerParts): (advance: Advance) => Promise<Outcome> {
  const cache = createRunCache(parts.readPlan);
  const add = createBatches<Request>((batch) => advanceAll(parts, cache, batch), MOST_TOGETHER);
  return (advance) => {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    add({ ...advance, resolve, reject });
    return promise;
  };
}

async function advanceAll(
  parts: AdvancerParts,
  cache: RunCache,
  batch: readonly Request[],
): Promise<void> {
  const { postgres, clock, places } = parts;
  const ids = [...new Set(batch.map(({ runId }) => runId))].toSorted();
  const forget = () => {
    for (const id of ids) cache.forget(id);
  };
  let held = 0;
  const round = {
    ...parts,
    cache,
    batch,
    ids,
    takePlaces(most: number, ended: number) {
      const found = Math.min(most, ended);
      places.takeOver(found);
      const taken = found + places.takeFree(most - found);
      held += taken;
      return taken;
    },
  };
  const giveUp = () => {
    // Tried again, it begins with what is stored.
    forget();
    places.free(held);
    held = 0;
  };
  let advanced: Awaited<ReturnType<typeof advanceOnce>>;
  try {
    advanced = await postgres.transaction((query) => {
      if (held > 0) giveUp();
      return advanceOnce({ ...round, query, now: clock.now() }).catch((error) => {
        giveUp();
        throw error;
      });
    });
  } catch (error) {
    giveUp();
    // One of them may have spoilt it for all.
    if (batch.length > 1 && !isUnavailable(error))
      for (const request of batch) await advanceAll(parts, cache, [request]);
    else for (const { reject } of batch) reject(error);
    return;
  }
  for (const { id, known } of advanced.turns) cache.keep(id, known);
  parts.follow(advanced.followed);
  for (const answer of advanced.answers) answer();
}

interface Turning extends Turned {
  readonly known: KnownRun;
  readonly begun: boolean;
}

interface Round extends AdvancerParts {
  readonly query: Query;
  readonly cache: RunCache;
  readonly now: number;
  readonly batch: readonly Request[];
  readonly ids: readonly string[];
  /** Gives how many of so many places are free, or will be as soon as the attempts that ended are over. */
  takePlaces(most: number, ended: number): number;
}

async function advanceOnce(round: Round) {
  const { query, cache, now, batch, ids } = round;
  const answers: (() => void)[] = [];
  const known = await cache.lock(query, ids);
  const standing = await endClaims(
    query,
    batch.flatMap(({ claim }) => (claim ? [claim] : [])),
  );
  const turns: Turning[] = [];
  for (const id of ids) {
    const requests = batch.filter(({ runId }) => runId === id);
    const before = known.get(id);
    const begin = before ? undefined : requests.find((request) => request.begin)?.begin;
    const current = before ?? (begin && begun(begin));
    if (current === undefined) {
      for (const { reject } of requests) answers.push(() => reject(notFound(id)));
      continue;
    }
    const letters = requests.flatMap((request) => toLetters(request, { standing, begin, answers }));
    const turn = takeTurn(current.run, { letters, now, isBusy: () => false });
    const { run, stored } = current;
    turns.push({ id, run, stored, turn, known: current, begun: begin !== undefined });
  }
  const { ready, claimed } = await storeTurns(round, turns, standing);
  const { stopping, cancelled } = await cancelAll(query, turns);
  const followed = { ready, claimed, asked: now, turned: turns, stopping, cancelled };
  return { answers, followed, turns };
}

function begun(newRun: NewRun): KnownRun {
  const { plan, input, metadata, createdAt, seed } = newRun;
  const run = beginRun(workflowOf(plan), { values: { input, metadata }, at: createdAt, seed });
  const stored = { ...newRun, status: "running", events: [], length: 0 } as const;
  return { run, stored, length: 0, snapshotAt: 0 };
}

interface Hearing {
  readonly standing: ReadonlySet<string>;
  readonly begin: NewRun | undefined;
  readonly answers: (() => void)[];
}

/** What is told by somebody who may tell it; everybody else has their answer after the commit. */
function toLetters(request: Request, { standing, begin, answers }: Hearing): Letter[] {
  const { claim, letters, resolve, reject } = request;
  if (request.begin !== undefined && request.begin !== begin) {
    answers.push(() => resolve("taken"));
    return [];
  }
  if (claim !== undefined && !standing.has(claim.place)) {
    answers.push(() => resolve("refused"));
    return [];
  }
  let failed = false;
  answers.push(() => {
    if (!failed) resolve("done");
  });
  return letters.map((toEvents) => ({
    toEvents,
    resolve() {},
    reject(error) {
      failed = true;
      answers.push(() => reject(error));
    },
  }));
}

async function storeTurns(
  { query, now, batch, takePlaces, leaseMs }: Round,
  turns: readonly Turning[],
  standing: ReadonlySet<string>,
): Promise<PutTasks> {
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
  await dropTasks(query, turns.flatMap(endedPieces));
  const begin = ({ id, stored: { grant }, turn }: Turning) =>
    turn.starting.map((attempt) => ({ run: id, unit: keyOf(attempt), attempt, grant }));
  const wentOn = new Set(
    batch.flatMap(({ runId, claim }) => (claim && standing.has(claim.place) ? [runId] : [])),
  );
  const following = turns.filter(({ id }) => wentOn.has(id)).flatMap(begin);
  const tasks = [...following, ...turns.filter(({ id }) => !wentOn.has(id)).flatMap(begin)];
  const ended = Math.min(following.length, standing.size);
  return putTasks(query, tasks, { claim: takePlaces(tasks.length, ended), leaseMs });
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

function isUnavailable(error: unknown): boolean {
  return error instanceof TrestleError && error.code === "unavailable";
}

function againLater(): Error {
  return Object.assign(new Error("another process began a run of this id"), { code: "40001" });
}
