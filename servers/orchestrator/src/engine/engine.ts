import type { StepError, WorkflowPlan } from "@trestle/flow";
import {
  isTrestleError,
  type JsonObject,
  type JsonValue,
  messageOf,
  silentLogger,
  TrestleError,
} from "@trestle/protocol";
import { type NewRun, type StoredRun, UNFINISHED } from "../runs/run-store.ts";
import { isAwaited } from "./awaited.ts";
import { createDriver, type Driver } from "./driver.ts";
import { foldRun } from "./fold-run.ts";
import type { ChildCall, DriverParts, EngineOptions } from "./parts.ts";
import { type RunView, toView } from "./run-view.ts";
import type { ToEvents } from "./turn.ts";

export interface Submission {
  readonly workflow: string;
  readonly version: string;
  readonly plan: WorkflowPlan;
  readonly input?: JsonObject;
  readonly metadata?: JsonObject;
  readonly grant: string;
  readonly owner: string;
  /** Chosen by the caller: a second submission of the same id gives the run that is there. */
  readonly runId?: string;
  readonly parent?: NonNullable<NewRun["parent"]>;
}

/**
 * Runs workflows so that a crash loses nothing: what is acknowledged is in the store, and whoever opens the store
 * next goes on from there. Steps run at least once, each time under the same idempotency key.
 */
export interface Engine {
  /** Durable when it resolves. Throws `invalid_input` where the plan or its input cannot run. */
  submit(submission: Submission): Promise<string>;
  /** Tells a run something: a decision, a signal, a stop. Durable when it resolves; throws `not_found`. */
  tell(runId: string, toEvents: ToEvents): Promise<void>;
  view(runId: string): Promise<RunView>;
  /** The run once it has ended or waits for somebody, or as it is after `ms`. */
  waitFor(runId: string, ms: number, signal?: AbortSignal): Promise<RunView>;
  /** Goes on with everything that has not ended; gives the number of runs. */
  recover(): Promise<number>;
  /** Calls nothing any more. Runs go on when the store is opened again. */
  close(): Promise<void>;
}

/** How deep workflows may run each other. */
export const MAX_DEPTH = 16;

export function createEngine(options: EngineOptions): Engine {
  const { store, clock, log = silentLogger } = options;
  const drivers = createDriving();
  const loading = new Map<string, Promise<Driver>>();
  const parts: DriverParts = { ...options, log, runChild, cancelChild };
  let closed = false;

  function keep(runId: string, driver: Driver): Driver {
    drivers.add(runId, driver);
    return driver;
  }

  /** The driver of a run, started where there is none. */
  async function driverOf(runId: string): Promise<Driver> {
    const known = drivers.get(runId) ?? loading.get(runId);
    if (known !== undefined) return known;
    const starting = load(runId).finally(() => loading.delete(runId));
    loading.set(runId, starting);
    return starting;
  }

  async function load(runId: string): Promise<Driver> {
    const stored = await store.load(runId);
    if (stored === undefined) throw notFound(runId);
    return keep(runId, createDriver(parts, stored));
  }

  async function submit(submission: Submission): Promise<string> {
    if (closed) throw new TrestleError("unavailable", "The engine is closing; try again later");
    const { input = {}, metadata = {}, runId = options.newRunId(), ...rest } = submission;
    const createdAt = clock.now();
    const seed = Math.floor(options.random() * 2 ** 32);
    const run = { ...rest, id: runId, input, metadata, createdAt, seed };
    const stored = { ...run, status: "running", events: [], length: 0 } as const;
    const driver = createDriver(parts, stored, true);
    try {
      await driver.begun;
    } catch (error) {
      if (submission.runId === undefined || !isConflict(error)) throw error;
      const { status } = await view(runId);
      if (UNFINISHED.includes(status)) await driverOf(runId);
      return runId;
    }
    keep(runId, driver);
    return runId;
  }

  async function view(runId: string): Promise<RunView> {
    const driver = drivers.get(runId) ?? (await loading.get(runId)?.catch(() => undefined));
    if (driver !== undefined) return driver.view();
    const stored = await store.load(runId);
    if (stored === undefined) throw notFound(runId);
    return toView(stored, foldRun(stored).state);
  }

  async function waitFor(runId: string, ms: number, signal?: AbortSignal): Promise<RunView> {
    const known = drivers.get(runId) ?? (await toWaitFor(runId));
    if (!isDriver(known)) return known;
    if (ms > 0 && UNFINISHED.includes(known.status())) await untilRest(known, ms, signal);
    return known.view();
  }

  /** The driver of a run that goes on; the run itself where it has ended. */
  async function toWaitFor(runId: string): Promise<Driver | RunView> {
    const known = await view(runId);
    return UNFINISHED.includes(known.status) ? driverOf(runId) : known;
  }

  function untilRest(driver: Driver, ms: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const clear = clock.after(ms, resolve);
    signal?.addEventListener("abort", () => resolve(), { once: true });
    void driver.over.then(resolve);
    void driver.idle().then(resolve);
    return promise.finally(clear);
  }

  /** A step that runs a workflow: the same run however often it is asked for. */
  async function runChild(
    parent: StoredRun,
    { workflow, key, input }: ChildCall,
  ): Promise<{ result: JsonValue } | { error: StepError }> {
    const depth = (parent.parent?.depth ?? 0) + 1;
    if (depth > MAX_DEPTH) return { error: tooDeep() };
    const { plan, version } = await options.planOf(workflow, input);
    const { id, grant, owner, metadata } = parent;
    const runId = await submit({
      workflow,
      version,
      plan,
      input,
      metadata,
      grant,
      owner,
      runId: childId(id, key),
      parent: { runId: id, key, depth },
    });
    await (await driverOf(runId)).over;
    const { status, output = null } = await view(runId);
    if (status === "succeeded") return { result: output };
    const message = `The run ${runId} of "${workflow}" is ${status}; get_execution says why`;
    return { error: { code: status, message } };
  }

  /** Whoever should have cancelled it died before: its parent is stored as one that waits for it no more. */
  async function endOrphan(child: Driver): Promise<void> {
    const { id, parent } = child.view();
    if (parent === undefined || (await isWanted(parent))) return;
    log.info("a run of a step is cancelled: nobody waits for it", { run: id });
    await child.tell((_, at) => [{ kind: "cancelled", at }]);
  }

  async function isWanted({ runId, key }: NonNullable<StoredRun["parent"]>): Promise<boolean> {
    try {
      return isAwaited((await view(runId)).state, key);
    } catch (error) {
      if (isTrestleError(error) && error.code === "not_found") return false;
      throw error;
    }
  }

  async function cancelChild(parent: StoredRun, key: string): Promise<void> {
    await drivers.get(childId(parent.id, key))?.tell((_, at) => [{ kind: "cancelled", at }]);
  }

  return {
    submit,
    tell: async (runId, toEvents) => (await driverOf(runId)).tell(toEvents),
    view,
    waitFor,
    async recover() {
      let count = 0;
      const children: Driver[] = [];
      for (let beforeId: string | undefined; ; ) {
        const page = await store.list({
          statuses: UNFINISHED,
          limit: 200,
          ...(beforeId === undefined ? {} : { beforeId }),
        });
        for (const { id } of page) {
          beforeId = id;
          const driver = await driverOf(id).catch((error) =>
            log.error("a run cannot go on", { run: id, error: messageOf(error) }),
          );
          if (driver?.view().parent) children.push(driver);
        }
        count += page.length;
        if (page.length < 200) break;
      }
      for (const child of children)
        await endOrphan(child).catch((error) =>
          log.warn("a run of a step was not looked after", { error: messageOf(error) }),
        );
      return count;
    },
    async close() {
      closed = true;
      await Promise.allSettled(loading.values());
      await Promise.all([...drivers.all()].map((driver) => driver.close()));
    },
  };
}

function isDriver(known: Driver | RunView): known is Driver {
  return "idle" in known;
}

/**
 * Runs that are driven here, by id. A map leaves its old table behind whenever it grows or is tidied, and that holds what
 * it held until the next full collection: so it is given a place that is emptied when the run is over.
 */
function createDriving() {
  const places = new Map<string, { driver: Driver | undefined }>();
  return {
    get: (runId: string) => places.get(runId)?.driver,
    add(runId: string, driver: Driver): void {
      const place: { driver: Driver | undefined } = { driver };
      places.set(runId, place);
      void driver.over.then(() => {
        place.driver = undefined;
        places.delete(runId);
      });
    },
    all: () => [...places.values()].flatMap(({ driver }) => driver ?? []),
  };
}

/** The run of a step: the same however often it is asked for. */
export function childId(parent: string, key: string): string {
  return `${parent}.${key.replaceAll("/", ".")}`;
}

export function notFound(runId: string): TrestleError {
  return new TrestleError(
    "not_found",
    `There is no run ${runId}; list_executions shows those there are`,
  );
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "conflict";
}

export function tooDeep(): StepError {
  const message = `Workflows run each other at most ${MAX_DEPTH} deep; does one run itself?`;
  return { code: "invalid_input", message };
}
