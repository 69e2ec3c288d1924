import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Logger, TrestleError } from "@trestle/protocol";
import { startThread, type Thread } from "./thread.ts";
import type { Job, RawPage } from "./wire.ts";

export interface EngineOptions {
  /** Where the cluster lives; made at first need. Only one engine may use it at a time. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** PGlite on one folder: one statement at a time, in a thread that is replaced when a statement will not end. */
export interface Engine {
  run(job: Job, signal: AbortSignal): Promise<RawPage>;
  close(): Promise<void>;
}

/** An open database holds some 300 MB; opening it again takes a third of a second. */
const IDLE_MS = 5 * 60_000;

export function createEngine({ path, clock, log }: EngineOptions): Engine {
  let thread: Thread | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;
  let cancelIdle = () => {};

  function run(job: Job, signal: AbortSignal): Promise<RawPage> {
    const answer = turn.then(() => take(job, signal));
    turn = answer.catch(() => {});
    return Promise.race([answer, rejectOnAbort(signal)]);
  }

  async function take(job: Job, signal: AbortSignal): Promise<RawPage> {
    cancelIdle();
    if (signal.aborted) throw cancelled();
    if (!closed && !existsSync(join(path, "PG_VERSION"))) await initialise();
    if (closed) throw new TrestleError("unavailable", "The database is closed; open it again.");
    if (!thread || thread.ended) thread = startThread({ path, clock, log });
    try {
      return await thread.run(job, signal);
    } finally {
      if (thread.spent) await thread.close();
      cancelIdle = clock.after(IDLE_MS, letGo);
    }
  }

  /**
   * Makes the cluster beside its place and moves it there when it is whole, so that a process killed
   * in between leaves nothing that looks like a database. The thread is not used again: making a
   * cluster takes three times the memory of using one.
   */
  async function initialise(): Promise<void> {
    const draft = `${path}.new`;
    await rm(draft, { recursive: true, force: true });
    thread = startThread({ path: draft, clock, log });
    // Whoever asked first may leave; others need the cluster too.
    const { signal } = new AbortController();
    await thread.run({ kind: "script", sql: "SELECT 1", timeoutMs: 10_000 }, signal);
    await thread.close();
    await rename(draft, path);
    log.info("database created", { path });
  }

  function letGo(): void {
    turn = turn.then(() => thread?.close()).catch(() => {});
  }

  async function close(): Promise<void> {
    closed = true;
    cancelIdle();
    await thread?.close();
    await turn;
  }

  return { run, close };
}

function cancelled(): TrestleError {
  return new TrestleError("cancelled", "The query was cancelled.");
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(cancelled());
    else signal.addEventListener("abort", () => reject(cancelled()), { once: true });
  });
}
