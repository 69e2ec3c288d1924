import { inFlight, type Run, type RunEvent } from "@trestle/flow";
import { messageOf, TrestleError } from "@trestle/protocol";
import type { Append, StoredRun } from "../runs/run-store.ts";
import { createAttempts } from "./attempts.ts";
import { foldRun } from "./fold-run.ts";
import type { DriverParts } from "./parts.ts";
import { type RunView, toView } from "./run-view.ts";
import { statusOf } from "./status.ts";
import { type Attempt, type Letter, type ToEvents, takeTurn } from "./turn.ts";

/** Brings one run to its end: whatever follows is stored first and done then. */
export interface Driver {
  /** A fresh run is durable, with what it begins with; rejects with `conflict` where its id is taken. */
  readonly begun: Promise<void>;
  tell(toEvents: ToEvents): Promise<void>;
  view(): RunView;
  /** Resolves when the run has ended, or when it is driven here no more. */
  readonly over: Promise<void>;
  /** Resolves when nothing goes on before somebody decides or signals; at once where it is so. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Events after which the state is stored with them, so that a restart need not fold a long log. */
const SNAPSHOT_EVERY = 500;
const STORE_RETRY_MS = [100, 300, 1_000, 3_000, 10_000] as const;

export function createDriver(parts: DriverParts, stored: StoredRun, fresh = false): Driver {
  const { clock, store, log } = parts;
  const run: Run = foldRun(stored);
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  const attempts = createAttempts(parts, stored, (event) => post(() => [event]));
  const { promise: begun, resolve: begin, reject: refuse } = Promise.withResolvers<void>();
  begun.catch(() => {});
  let isNew = fresh;
  let { length } = stored;
  let snapshotAt = stored.snapshot?.after ?? 0;
  let letters: Letter[] = [];
  const idlers: (() => void)[] = [];
  let turning: Promise<void> | undefined;
  let cancelWake = () => {};
  let closed = false;

  function post(toEvents: ToEvents): Promise<void> {
    if (closed) {
      return Promise.reject(
        new TrestleError("unavailable", "The engine is closing; try again later"),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    letters.push({ toEvents, resolve, reject });
    wake();
    return promise;
  }

  function wake(): void {
    turning ??= turn().finally(() => {
      turning = undefined;
      if (letters.length > 0 && !closed) wake();
    });
  }

  /** One round: what was told, what follows from it, the log, and only then what is to be done. */
  async function turn(): Promise<void> {
    cancelWake();
    // Whatever comes in the same moment shares the round, and with it the commit.
    await Promise.resolve();
    const taken = letters;
    letters = [];
    const now = clock.now();
    const isBusy = (attempt: Attempt) => attempts.has(attempt);
    const { events, heard, starting, cancels, wakeAt } = takeTurn(run, {
      letters: taken,
      now,
      isBusy,
    });
    try {
      if (events.length > 0 || isNew) await persist(events, now);
    } catch (error) {
      for (const { reject } of heard) reject(error);
      refuse(error);
      return lose(error);
    }
    begin();
    for (const { resolve } of heard) resolve();
    for (const event of events) parts.onEvent?.(stored.id, event);
    for (const cancel of cancels) attempts.cancel(cancel);
    for (const attempt of starting) attempts.start(attempt);
    if (run.state.ended) return end();
    if (idlers.length > 0 && statusOf(run) === "waiting")
      for (const resolve of idlers.splice(0)) resolve();
    if (wakeAt !== undefined && !closed) {
      cancelWake = clock.after(Math.max(0, wakeAt - clock.now()), wake);
    }
  }

  /** A full disk is waited for: what happened must not be forgotten, and nothing follows before it is kept. */
  async function persist(events: readonly RunEvent[], at: number): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await appendOnce(events, at);
      } catch (error) {
        const code = error instanceof TrestleError ? error.code : undefined;
        if (code !== "unavailable" || closed) throw error;
        log.error("a run waits for its store", { run: stored.id, error: messageOf(error) });
        await pause(STORE_RETRY_MS[Math.min(tries, STORE_RETRY_MS.length - 1)] ?? 0);
      }
    }
  }

  async function appendOnce(events: readonly RunEvent[], at: number): Promise<void> {
    const isLong = length + events.length - snapshotAt >= SNAPSHOT_EVERY;
    const output = run.state.ended ? run.output() : undefined;
    const append: Append = {
      after: length,
      events,
      at,
      status: statusOf(run),
      ...(output === undefined ? {} : { output }),
      ...(isLong && !run.state.ended ? { snapshot: run.state } : {}),
    };
    if (isNew) await store.create(stored, append);
    else await store.append(stored.id, append);
    isNew = false;
    length += events.length;
    if (isLong) snapshotAt = length;
  }

  function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(ms, resolve);
    return promise;
  }

  /** Somebody else drives it, or the store is gone: what is known here may be wrong now. */
  function lose(error: unknown): void {
    if (!closed && !isNew)
      log.warn("a run is driven here no more", { run: stored.id, error: messageOf(error) });
    end();
  }

  function end(): void {
    closed = true;
    cancelWake();
    attempts.abandon();
    for (const { reject } of letters.splice(0))
      reject(new TrestleError("conflict", `The run ${stored.id} has ended`));
    finish();
  }

  // What ran when the process that ran it ended.
  for (const lost of inFlight(run.state))
    void post((_, at) => [{ ...lost, kind: "attemptLost", at }]);
  // One that has ended waits here to be told that it is to go on.
  if (!run.state.ended) wake();
  if (!fresh) begin();

  return {
    begun,
    tell: post,
    over,
    idle() {
      if (turning === undefined && statusOf(run) === "waiting") return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      idlers.push(resolve);
      return promise;
    },
    view() {
      const status = statusOf(run);
      const { ended } = run.state;
      const output = ended ? run.output() : undefined;
      return toView(
        {
          ...stored,
          status,
          length,
          ...(output === undefined ? {} : { output }),
          ...(ended ? { endedAt: ended.at } : {}),
        },
        run.state,
      );
    },
    async close() {
      closed = true;
      cancelWake();
      attempts.abandon();
      await turning;
      finish();
    },
  };
}
