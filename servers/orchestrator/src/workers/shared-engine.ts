import type { RunEvent, StepError } from "@trestle/flow";
import {
  type Clock,
  isTrestleError,
  messageOf,
  silentLogger,
  TrestleError,
} from "@trestle/protocol";
import { keyOf } from "../engine/attempts.ts";
import { isAwaited } from "../engine/awaited.ts";
import {
  childId,
  type Engine,
  MAX_DEPTH,
  notFound,
  type Submission,
  tooDeep,
} from "../engine/engine.ts";
import { foldRun } from "../engine/fold-run.ts";
import type { EngineOptions } from "../engine/parts.ts";
import { type RunView, toView } from "../engine/run-view.ts";
import { statusOf } from "../engine/status.ts";
import type { Cancel, ToEvents } from "../engine/turn.ts";
import { createBatches } from "../runs/batches.ts";
import { createPlanReader } from "../runs/encode.ts";
import type { Postgres } from "../runs/postgres/postgres.ts";
import { type RunStatus, type RunStore, UNFINISHED } from "../runs/run-store.ts";
import { type Advance, createAdvancer, type Followed, type Outcome } from "./advance.ts";
import { reportOf } from "./children.ts";
import { openDatabaseClock } from "./database-clock.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { createExecutor } from "./executor.ts";
import { createNews } from "./news.ts";
import { createPlaces } from "./places.ts";
import type { Turned } from "./store-turns.ts";
import { createSweeper } from "./sweeper.ts";
import type { ReadyTask, Task } from "./task.ts";
import { removeOrphan } from "./task-rows.ts";

export interface SharedEngineOptions extends Omit<EngineOptions, "store"> {
  readonly postgres: Postgres;
  /** Runs in that database. */
  readonly runs: RunStore;
  readonly dispatcher: Dispatcher;
  /** Steps that this process does at once; 0 (default) leaves them to others. */
  readonly concurrency?: number;
  /** How long a worker may be silent before its work is done by another; 30 s by default. */
  readonly leaseMs?: number;
  /** How long a task may wait before it is announced again; 10 s by default. */
  readonly unheardMs?: number;
}

const SWEEP_MS = 1_000;
const LEASE_MS = 30_000;
const UNHEARD_MS = 10_000;
/** How often somebody who waits looks for themselves. */
const LOOK_MS = 1_000;

/**
 * The engine of many machines: any number of them move the runs of one Postgres on, and whoever has a place free does
 * the next step. Each may die at any moment; what it was at is done again, under the same key, once its lease is over.
 */
export async function openSharedEngine(options: SharedEngineOptions): Promise<Engine> {
  const { postgres, runs, dispatcher, hostFor, log = silentLogger, concurrency = 0 } = options;
  const { leaseMs = LEASE_MS, unheardMs = UNHEARD_MS } = options;
  const clock = await openDatabaseClock(postgres, options.clock, log);
  const news = createNews(postgres, (piece) => executor.stop(piece));
  const places = createPlaces(concurrency);
  const parts = { postgres, clock, log, places, leaseMs };
  const advance: (advance: Advance) => Promise<Outcome> = createAdvancer({
    ...parts,
    readPlan: createPlanReader(),
    follow,
  });
  const begin = createBeginning(options, clock, advance);
  const beginChild = createChildren(options, begin);
  const executor = createExecutor({ ...parts, hostFor, advance, beginChild, leaveChild });
  const sweeper = createSweeper({
    ...parts,
    everyMs: Math.min(SWEEP_MS, leaseMs / 3),
    unheardMs,
    settle: (runId) => advance({ runId, letters: [] }).then(() => {}),
    endOrphan,
    announce,
  });
  let closed = false;
  let isAlone = false;
  if (concurrency > 0) dispatcher.consume(concurrency, executor.take);

  /** Where nobody can be told, this process does what it can by itself. */
  async function announce(tasks: readonly ReadyTask[]): Promise<void> {
    if ((await dispatcher.announce(tasks)) || isAlone || concurrency === 0) return;
    isAlone = true;
    log.warn("nobody can be told of steps: they are looked for in the database");
    const working = workAlone().finally(() => {
      isAlone = false;
    });
    inBackground(working);
  }

  async function workAlone(): Promise<void> {
    for (let claimed = 1; claimed > 0 && !closed; ) {
      const most = Math.max(1, concurrency - executor.count());
      const onClaimed = (count: number) => {
        claimed = count;
      };
      await executor.take({ most, onClaimed });
    }
  }

  async function tell(runId: string, toEvents: ToEvents): Promise<void> {
    await advance({ runId, letters: [toEvents] });
  }

  /** Whatever follows from a commit. What is lost here is done by whoever sweeps next. */
  function follow(followed: Followed): void {
    const { ready, claimed, asked, turned, stopping, cancelled, orphans } = followed;
    executor.start(claimed, asked);
    inBackground(announce(ready));
    news.tell({ resting: turned.filter(isResting).map(({ id }) => id), stopping });
    for (const piece of stopping) executor.stop(piece);
    for (const orphan of orphans) inBackground(endOrphan(orphan));
    for (const each of turned) {
      const { id, turn, stored } = each;
      for (const event of turn.events) options.onEvent?.(id, event);
      if (turn.wakeAt !== undefined) sweeper.dueAt(turn.wakeAt);
      const nobodys = turn.cancels.filter((of) =>
        cancelled.some(({ run, unit }) => run === id && unit === keyOf(of)),
      );
      if (nobodys.length > 0)
        inBackground(tell(id, (_, at) => nobodys.map((of) => toCancelled(of, at))));
      if (each.run.state.ended && stored.parent) inBackground(report(each, stored.parent));
    }
  }

  async function endOrphan(runId: string): Promise<void> {
    await tell(runId, cancelRun).catch((error) => {
      // It never began, or is forgotten.
      if (!isTrestleError(error) || error.code !== "not_found") throw error;
    });
    await removeOrphan(postgres.query, runId);
  }

  /** Tells the run whose step it is; until that is done the run is due. */
  async function report(child: Turned, parent: { runId: string; key: string }): Promise<void> {
    await tell(parent.runId, reportOf(child, parent.key));
    await postgres.query("UPDATE trestle.run SET due_at = NULL WHERE id = $1", [child.id]);
  }

  function inBackground(work: Promise<unknown>): void {
    work.catch((error) => log.debug("left to the next sweep", { error: messageOf(error) }));
  }

  async function leaveChild({ run, attempt }: Task): Promise<void> {
    const { state } = await view(run);
    if (!isAwaited(state, attempt.key)) await endOrphan(childId(run, attempt.key));
  }

  const statusInStore = createStatuses(postgres);

  async function view(runId: string): Promise<RunView> {
    const stored = await runs.load(runId);
    if (stored === undefined) throw notFound(runId);
    return toView(stored, foldRun(stored).state);
  }

  return {
    async submit(submission) {
      if (closed) throw new TrestleError("unavailable", "The engine is closing; try again later");
      return begin(submission);
    },
    tell,
    view,
    async waitFor(runId, ms, signal) {
      const end = clock.now() + ms;
      for (;;) {
        const { promise: heard, resolve } = Promise.withResolvers<void>();
        const forget = news.whenResting(runId, resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
        const status = await statusInStore(runId);
        const left = end - clock.now();
        const isOver = isRest(status) || left <= 0 || signal?.aborted || closed;
        const clear = clock.after(isOver ? 0 : Math.min(LOOK_MS, left), resolve);
        if (!isOver) await heard;
        clear();
        forget();
        if (isOver) return view(runId);
      }
    },
    /** Nothing is lost while nobody looks: workers and sweeps find what is to be done in the tables. */
    recover: async () => 0,
    async close() {
      closed = true;
      await dispatcher.announce(await executor.close());
      await dispatcher.close();
      await sweeper.close();
      clock.close();
    },
  };
}

/** Makes a run durable, with what it begins with; gives the one that is there where the id is taken. */
function createBeginning(
  options: SharedEngineOptions,
  clock: Clock,
  advance: (advance: Advance) => Promise<Outcome>,
) {
  return async (submission: Submission): Promise<string> => {
    const { input = {}, metadata = {}, runId = options.newRunId(), ...rest } = submission;
    const createdAt = clock.now();
    const seed = Math.floor(options.random() * 2 ** 32);
    const run = { ...rest, id: runId, input, metadata, createdAt, seed };
    // Refuses here what cannot run, before it is among others.
    foldRun({ ...run, status: "running", events: [], length: 0 });
    await advance({ runId, begin: run, letters: [] });
    return runId;
  };
}

function createChildren(
  { runs, planOf }: SharedEngineOptions,
  begin: (submission: Submission) => Promise<string>,
) {
  return async ({ run: runId, attempt }: Task): Promise<StepError | undefined> => {
    if (attempt.kind !== "child") return undefined;
    const parent = await runs.load(runId);
    if (parent === undefined) throw notFound(runId);
    const depth = (parent.parent?.depth ?? 0) + 1;
    if (depth > MAX_DEPTH) return tooDeep();
    const { workflow, key, arguments: input } = attempt;
    const { metadata, grant, owner } = parent;
    try {
      const { plan, version } = await planOf(workflow, input);
      const names = { workflow, version, plan, input, metadata, grant, owner };
      await begin({ ...names, runId: childId(runId, key), parent: { runId, key, depth } });
      return undefined;
    } catch (error) {
      if (!(error instanceof TrestleError) || error.code === "unavailable") throw error;
      return { code: error.code, message: error.message };
    }
  };
}

interface Asked {
  readonly runId: string;
  readonly resolve: (status: RunStatus) => void;
  readonly reject: (error: unknown) => void;
}

/** How runs stand that many wait for, asked together. */
function createStatuses({ query }: Postgres): (runId: string) => Promise<RunStatus> {
  const add = createBatches<Asked>(async (batch) => {
    try {
      const rows = await query<{ id: string; status: RunStatus }>(
        "SELECT id, status FROM trestle.run WHERE id = ANY ($1::text[])",
        [batch.map(({ runId }) => runId)],
      );
      const found = new Map(rows.map(({ id, status }) => [id, status]));
      for (const { runId, resolve, reject } of batch) {
        const status = found.get(runId);
        if (status === undefined) reject(notFound(runId));
        else resolve(status);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }, 1_000);
  return (runId) => {
    const { promise, resolve, reject } = Promise.withResolvers<RunStatus>();
    add({ runId, resolve, reject });
    return promise;
  };
}

function isResting({ run }: Turned): boolean {
  return isRest(statusOf(run));
}

/** Has it ended, or does it wait for somebody? */
function isRest(status: RunStatus): boolean {
  return status === "waiting" || !UNFINISHED.includes(status);
}

const cancelRun: ToEvents = (_, at) => [{ kind: "cancelled", at }];

function toCancelled({ step, unit, undo }: Cancel, at: number): RunEvent {
  const error = { code: "cancelled", message: "cancelled" };
  return { kind: "attemptFailed", step, unit, at, error, ...(undo ? { undo } : {}) };
}
