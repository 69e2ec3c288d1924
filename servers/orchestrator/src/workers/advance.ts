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
import { createRunCache, type KnownRun, type RunCache } from "./run-cache.ts";
import type { Claim, ReadyTask } from "./task.ts";
import { cancelTasks, dropTasks, endClaims, nameOf, type Piece, putTasks } from "./task-rows.ts";

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
  const { postgres, clock } = parts;
  const ids = [...new Set(batch.map(({ runId }) => runId))].toSorted();
  const forget = () => {
    for (const id of ids) cache.forget(id);
  };
  let advanced: Awaited<ReturnType<typeof advanceOnce>>;
  try {
    advanced = await postgres.transaction((query) =>
      advanceOnce({ query, cache, now: clock.now(), batch, ids }).catch((error) => {
        // Tried again, it begins with what is stored.
        forget();
        throw error;
      }),
    );
  } catch (error) {
    forget();
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

interface Round {
  readonly query: Query;
  readonly cache: RunCache;
  readonly now: number;
  readonly batch: readonly Request[];
  readonly ids: readonly string[];
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
  const ready = await storeTurns(round, turns);
  const { stopping, cancelled } = await cancelAll(query, turns);
  const followed: Followed = { ready, turned: turns, stopping, cancelled };
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
  { query, now }: Round,
  turns: readonly Turning[],
): Promise<readonly ReadyTask[]> {
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
  return putTasks(
    query,
    turns.flatMap(({ id, stored: { grant }, turn }) =>
      turn.starting.map((attempt) => ({ run: id, unit: keyOf(attempt), attempt, grant })),
    ),
  );
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
