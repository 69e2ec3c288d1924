import type { StepError } from "@trestle/flow";
import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { EngineOptions } from "../engine/parts.ts";
import { type AttemptEnd, endOf, inTime, performCall } from "../engine/perform.ts";
import { createBatches } from "../runs/batches.ts";
import type { Postgres } from "../runs/postgres/postgres.ts";
import type { Advance, Outcome } from "./advance.ts";
import type { TakeTasks, Taking } from "./dispatcher.ts";
import type { Places } from "./places.ts";
import type { ReadyTask, Task } from "./task.ts";
import { claimTasks, freeClaims, nameOf, type Piece, parkClaim, renewClaims } from "./task-rows.ts";

export interface ExecutorParts extends Pick<EngineOptions, "hostFor"> {
  readonly postgres: Postgres;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a worker may be silent before its work is done by another. */
  readonly leaseMs: number;
  readonly places: Places;
  readonly advance: (advance: Advance) => Promise<Outcome>;
  /** Looks whether anybody still waits for the run of a step, whose claim was lost while it began. */
  readonly leaveChild: (task: Task) => Promise<void>;
  /** Begins the run of a step that runs a workflow; gives why it cannot. */
  readonly beginChild: (task: Task) => Promise<StepError | undefined>;
}

/** Makes the attempts that it claims. */
export interface Executor {
  readonly take: TakeTasks;
  /** Makes attempts that were claimed at `asked`, each in a place that is taken already. */
  start(tasks: readonly Task[], asked: number): void;
  /** Attempts that are being made here. */
  count(): number;
  /** Aborts a piece of work, where it is done here. */
  stop(piece: Piece): void;
  /** Aborts everything and gives it back; what was under way is done again by others. Never rejects. */
  close(): Promise<readonly ReadyTask[]>;
}

interface Running {
  readonly task: Task;
  readonly stop: AbortController;
}

const MOST_CLAIMS = 100;
const REPORT_AGAIN_MS = [100, 500, 1_000, 3_000, 10_000] as const;

export function createExecutor(parts: ExecutorParts): Executor {
  const { postgres, clock, log, leaseMs, places } = parts;
  const running = new Map<string, Running>();
  const claim = createClaims(postgres, leaseMs);
  let closed = false;
  let cancelRenewal = clock.after(leaseMs / 3, () => void renew());

  async function take(taking: Taking): Promise<void> {
    if (closed) return;
    await places.take();
    if (closed) return places.free(1);
    const { most } = taking;
    const held = 1 + (most === undefined ? 0 : places.takeFree(most - 1));
    const asked = clock.now();
    const tasks = await claim(most === undefined ? taking : { ...taking, most: held }).catch(
      (error) => {
        places.free(held);
        throw error;
      },
    );
    places.free(held - tasks.length);
    taking.onClaimed?.(tasks.length);
    await Promise.all(
      tasks.map(async (task) => {
        await performInPlace(task, asked);
        taking.onEnded?.();
      }),
    );
  }

  async function performInPlace(task: Task, asked: number): Promise<void> {
    try {
      await perform(task, asked + leaseMs);
    } finally {
      running.delete(task.place);
      places.free(1);
    }
  }

  async function perform(task: Task, until: number): Promise<void> {
    const { attempt, run: runId, grant, place } = task;
    // Who slept until the lease was over must not begin: another may have done it meanwhile.
    if (clock.now() >= until) return;
    if (attempt.kind === "child") return beginChild(task);
    const stop = new AbortController();
    running.set(place, { task, stop });
    const bounds = { timeoutMs: attempt.timeoutMs, clock, stop: () => stop.abort() };
    const end = await inTime(bounds, () =>
      performCall({ ...attempt, runId, grant }, stop.signal, parts),
    );
    await report(task, end);
  }

  /** The step ends with its run; no worker is held meanwhile. */
  async function beginChild(task: Task): Promise<void> {
    try {
      const error = await parts.beginChild(task);
      if (error !== undefined) return await report(task, { error });
      if (!(await parkClaim(postgres.query, task))) await parts.leaveChild(task);
    } catch (error) {
      // Its claim ends, and another worker begins it.
      log.warn("a run of a step did not begin yet", { run: task.run, error: messageOf(error) });
    }
  }

  /** The database may be away for a while; the claim says whether what is known here still counts. */
  async function report(task: Task, end: AttemptEnd): Promise<void> {
    const { run: runId, attempt } = task;
    const advance: Advance = {
      runId,
      claim: task,
      letters: [endOf(attempt, end)],
    };
    for (let tries = 0; !closed; tries += 1) {
      try {
        const outcome = await parts.advance(advance);
        if (outcome === "refused")
          log.info("a result came too late", { run: runId, unit: task.unit });
        return;
      } catch (error) {
        log.warn("a result waits for the database", { run: runId, error: messageOf(error) });
        const wait = REPORT_AGAIN_MS[Math.min(tries, REPORT_AGAIN_MS.length - 1)] ?? 0;
        await new Promise<void>((resolve) => void clock.after(wait, resolve));
      }
    }
  }

  async function renew(): Promise<void> {
    const held = [...running.values()].map(({ task }) => task);
    try {
      if (held.length > 0) await renewAll(held);
    } catch (error) {
      log.debug("claims were not renewed", { error: messageOf(error) });
    }
    if (!closed) cancelRenewal = clock.after(leaseMs / 3, () => void renew());
  }

  async function renewAll(held: readonly Task[]): Promise<void> {
    const { standing, cancelled } = await renewClaims(postgres.query, held, leaseMs);
    for (const { place } of held)
      if (!standing.has(place) || cancelled.has(place)) running.get(place)?.stop.abort();
  }

  return {
    take,
    start(tasks, asked) {
      for (const task of tasks) void performInPlace(task, asked);
    },
    count: () => running.size,
    stop(piece) {
      for (const { task, stop } of running.values())
        if (nameOf(task) === nameOf(piece)) stop.abort();
    },
    async close() {
      closed = true;
      cancelRenewal();
      const held = [...running.values()];
      for (const { stop } of held) stop.abort();
      // Where the database is away, the leases end by themselves.
      return freeClaims(
        postgres.query,
        held.map(({ task }) => task),
      ).catch(() => []);
    },
  };
}

interface Asked {
  readonly place: string;
  readonly resolve: (tasks: readonly Task[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Claims of single tasks that come together are made together. */
function createClaims(
  { query }: Postgres,
  leaseMs: number,
): (taking: Taking) => Promise<readonly Task[]> {
  const add = createBatches<Asked>(async (batch) => {
    try {
      const places = [...new Set(batch.map(({ place }) => place))];
      const tasks = await claimTasks(query, { places }, leaseMs);
      const byPlace = new Map(tasks.map((task) => [task.place, task]));
      for (const { place, resolve } of batch) {
        const task = byPlace.get(place);
        // Asked for twice, it is done once.
        byPlace.delete(place);
        resolve(task === undefined ? [] : [task]);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }, MOST_CLAIMS);
  return async ({ places, most = 0 }) => {
    if (places === undefined) return claimTasks(query, { most }, leaseMs);
    const all = places.map((place) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly Task[]>();
      add({ place, resolve, reject });
      return promise;
    });
    return (await Promise.all(all)).flat();
  };
}
