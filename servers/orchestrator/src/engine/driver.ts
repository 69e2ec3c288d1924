import { inFlight, type Run, type RunEvent } from "@trestle/flow";
import { messageOf, TrestleError } from "@trestle/protocol";
import type { Append, RunStatus, StoredRun } from "../runs/run-store.ts";
import { createAttempts } from "./attempts.ts";
import { foldRun } from "./fold-run.ts";
import type { DriverParts } from "./parts.ts";
import { type RunView, toView } from "./run-view.ts";
import { statusOf } from "./status.ts";
import { type Letter, type TakenTurn, type ToEvents, takeTurn } from "./turn.ts";

/** Brings one run to its end: whatever follows is stored first and done then. */
export interface Driver {
  /** A fresh run is durable, with what it begins with; rejects with `conflict` where its id is taken. */
  readonly begun: Promise<void>;
  tell(toEvents: ToEvents): Promise<void>;
  status(): RunStatus;
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
const nothing = () => {};

export function createDriver(parts: DriverParts, stored: StoredRun, fresh = false): Driver {
  const { clock, store, log } = parts;
  const run: Run = foldRun(stored);
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin, reject: refuse } = Promise.withResolvers<void>();
  const attempts = createAttempts(parts, stored, report);
  begun.catch(nothing);
  let isNew = fresh;
  let { length } = stored;
  let snapshotAt = stored.snapshot?.after ?? 0;
  let letters: Letter[] = [];
  const idlers: (() => void)[] = [];
  let turning = false;
  let onTurned = nothing;
  let cancelWake = nothing;
  let closed = false;

  function tell(toEvents: ToEvents): Promise<void> {
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

  function report(toEvents: ToEvents): void {
    const reject = (error: unknown) =>
      log.debug("nobody waits for this attempt any more", {
        run: stored.id,
        error: messageOf(error),
      });
    if (closed) return;
    letters.push({ toEvents, resolve: nothing, reject });
    wake();
  }

  /** Whatever comes in the same moment shares the round, and with it the commit. */
  function wake(): void {
    if (turning) return;
    turning = true;
    queueMicrotask(turn);
  }

  /** One round: what was told, what follows from it, the log, and only then what is to be done. */
  function turn(): void {
    cancelWake();
    const now = clock.now();
    const told = letters;
    letters = [];
    const taken = takeTurn(run, { letters: told, now, isBusy: attempts.has });
    if (taken.events.length > 0 || isNew) persist(taken, now, 0);
    else follow(taken);
  }

  /** A full disk is waited for: what happened must not be forgotten, and nothing follows before it is kept. */
  function persist(taken: TakenTurn, at: number, tries: number): void {
    append(taken.events, at).then(
      () => follow(taken),
      (error) => {
        const code = error instanceof TrestleError ? error.code : undefined;
        if (code !== "unavailable" || closed) return lose(taken, error);
        log.error("a run waits for its store", { run: stored.id, error: messageOf(error) });
        const ms = STORE_RETRY_MS[Math.min(tries, STORE_RETRY_MS.length - 1)] ?? 0;
        clock.after(ms, () => persist(taken, at, tries + 1));
      },
    );
  }

  function append(events: readonly RunEvent[], at: number): Promise<void> {
    const { ended } = run.state;
    const isLong = length + events.length - snapshotAt >= SNAPSHOT_EVERY;
    const output = ended ? run.output() : undefined;
    const next: Append = {
      after: length,
      events,
      at,
      status: statusOf(run),
      ...(output === undefined ? {} : { output }),
      ...(isLong && !ended ? { snapshot: run.state } : {}),
    };
    return isNew ? store.create(stored, next) : store.append(stored.id, next);
  }

  /** What is stored, or needs not be, is answered and done. */
  function follow({ events, heard, starting, cancels, wakeAt }: TakenTurn): void {
    isNew = false;
    length += events.length;
    if (length - snapshotAt >= SNAPSHOT_EVERY) snapshotAt = length;
    begin();
    for (const { resolve } of heard) resolve();
    if (parts.onEvent) for (const event of events) parts.onEvent(stored.id, event);
    for (const cancel of cancels) attempts.cancel(cancel);
    for (const attempt of starting) attempts.start(attempt);
    if (run.state.ended) end();
    else if (idlers.length > 0 && statusOf(run) === "waiting")
      for (const resolve of idlers.splice(0)) resolve();
    if (wakeAt !== undefined && !closed) {
      cancelWake = clock.after(Math.max(0, wakeAt - clock.now()), wake);
    }
    turned();
  }

  function turned(): void {
    turning = false;
    if (letters.length > 0 && !closed) wake();
    onTurned();
  }

  /** Somebody else drives it, or the store is gone: what is known here may be wrong now. */
  function lose({ heard }: TakenTurn, error: unknown): void {
    for (const { reject } of heard) reject(error);
    refuse(error);
    if (!closed && !isNew)
      log.warn("a run is driven here no more", { run: stored.id, error: messageOf(error) });
    end();
    turned();
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
  for (const lost of fresh ? [] : inFlight(run.state))
    void tell((_, at) => [{ ...lost, kind: "attemptLost", at }]);
  // One that has ended waits here to be told that it is to go on.
  if (!run.state.ended) wake();
  if (!fresh) begin();

  return {
    begun,
    tell,
    status: () => statusOf(run),
    over,
    idle() {
      if (!turning && statusOf(run) === "waiting") return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      idlers.push(resolve);
      return promise;
    },
    view() {
      const { ended } = run.state;
      const now = { ...stored, status: statusOf(run), length };
      if (ended === undefined) return toView(now, run.state);
      return toView({ ...now, output: run.output(), endedAt: ended.at }, run.state);
    },
    async close() {
      closed = true;
      cancelWake();
      attempts.abandon();
      if (turning) {
        const { promise, resolve } = Promise.withResolvers<void>();
        onTurned = resolve;
        await promise;
      }
      finish();
    },
  };
}
