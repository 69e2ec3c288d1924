import { beginRun } from "@trestle/flow";
import { type Clock, TrestleError } from "@trestle/protocol";
import { notFound } from "../engine/engine.ts";
import { workflowOf } from "../engine/fold-run.ts";
import { type Letter, takeTurn } from "../engine/turn.ts";
import { createBatches } from "../runs/batches.ts";
import type { createPlanReader } from "../runs/encode.ts";
import type { Postgres } from "../runs/postgres/postgres.ts";
import type { NewRun } from "../runs/run-store.ts";
import type { Places } from "./places.ts";
import { createRunCache, type KnownRun, type RunCache } from "./run-cache.ts";
import { type Stored, type Storing, storeTurns, type Turned, type Turning } from "./store-turns.ts";
import type { Claim } from "./task.ts";
import { endClaims } from "./task-rows.ts";

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
export interface Followed extends Stored {
  /** When what was claimed was claimed. */
  readonly asked: number;
  /** Runs that turned, with what happened to them. */
  readonly turned: readonly Turned[];
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
  let tries = 0;
  try {
    advanced = await postgres.transaction((query) => {
      if (tries > 0) giveUp();
      tries += 1;
      return advanceOnce({ ...round, query, now: clock.now() });
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

interface Round extends Storing {
  readonly cache: RunCache;
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
  const byRun = Map.groupBy(batch, ({ runId }) => runId);
  for (const id of ids) {
    const requests = byRun.get(id) ?? [];
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
  const wentOn = new Set(
    batch.flatMap(({ runId, claim }) => (claim && standing.has(claim.place) ? [runId] : [])),
  );
  const stored = await storeTurns(round, turns, { wentOn, ended: standing.size });
  return { answers, followed: { ...stored, asked: now, turned: turns }, turns };
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

function isUnavailable(error: unknown): boolean {
  return error instanceof TrestleError && error.code === "unavailable";
}
