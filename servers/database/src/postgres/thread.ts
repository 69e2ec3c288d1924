import { Worker } from "node:worker_threads";
import { type Clock, type Logger, messageOf, TrestleError } from "@trestle/protocol";
import type { FromWorker, Job, RawFailure, RawPage, ToWorker } from "./wire.ts";

/** One life of the worker thread. After a timeout, a cancellation or a crash it has ended, and a new one is needed. */
export interface Thread {
  readonly ended: boolean;
  /** Close it before the next job. */
  readonly spent: boolean;
  /** One job at a time. */
  run(job: Job, signal: AbortSignal): Promise<RawPage>;
  close(): Promise<void>;
}

export interface ThreadOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const workerUrl = new URL(
  import.meta.url.endsWith(".ts") ? "./pglite-worker.ts" : "./pglite-worker.js",
  import.meta.url,
);
/** Opening takes a third of a second, making a cluster two to four; recovery after a crash somewhat more. */
const OPEN_MS = 60_000;
/** A bridge has two seconds to be gone. */
const CLOSE_MS = 1_000;

export function startThread({ path, clock, log }: ThreadOptions): Thread {
  const worker = startWorker(path, log);
  let ended = false;
  let running = false;
  let spent = false;
  let receive: (message: FromWorker) => void = () => {};

  worker.on("message", (message: FromWorker) => {
    if (message.kind === "done") spent = message.spent;
    receive(message);
  });
  worker.on("error", (error) => end(messageOf(error)));
  worker.on("exit", () => end("its thread ended"));

  function end(reason: string): void {
    ended = true;
    receive({ kind: "failed", failure: crash(reason) });
  }

  function run(job: Job, signal: AbortSignal): Promise<RawPage> {
    const stop = async () => {
      ended = true;
      receive = () => {};
      await worker.terminate();
    };
    const watched = watchJob({ job, signal, clock, stop });
    receive = watched.receive;
    running = true;
    worker.ref();
    worker.postMessage(job satisfies ToWorker);
    return watched.answer.finally(() => {
      receive = () => {};
      running = false;
      worker.unref();
    });
  }

  /** Lets an idle database write its last checkpoint; a busy one is stopped, and recovers when opened again. */
  async function close(): Promise<void> {
    if (!ended && !running) {
      const { promise, resolve } = Promise.withResolvers<void>();
      receive = () => resolve();
      const cancelTimer = clock.after(CLOSE_MS, resolve);
      worker.ref();
      worker.postMessage({ kind: "close" } satisfies ToWorker);
      await promise;
      cancelTimer();
    }
    ended = true;
    await worker.terminate();
  }

  return {
    get ended() {
      return ended;
    },
    get spent() {
      return spent;
    },
    run,
    close,
  };
}

interface Watch {
  readonly job: Job;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Resolves when the thread is gone: only then may another one open the folder. */
  readonly stop: () => Promise<void>;
}

/** Waits for the answer to a job, and stops the thread when it takes too long or nobody wants it any more. */
function watchJob({ job, signal, clock, stop }: Watch): {
  readonly answer: Promise<RawPage>;
  receive(message: FromWorker): void;
} {
  const { promise, resolve, reject } = Promise.withResolvers<RawPage>();
  const giveUp = (error: TrestleError) => void stop().then(() => reject(error), reject);
  const onAbort = () => giveUp(new TrestleError("cancelled", "The query was cancelled."));
  let cancelTimer = clock.after(OPEN_MS, () => giveUp(openTimeout()));
  signal.addEventListener("abort", onAbort, { once: true });

  function receive(message: FromWorker): void {
    if (message.kind === "running") {
      cancelTimer();
      cancelTimer = clock.after(job.timeoutMs, () => giveUp(queryTimeout(job.timeoutMs)));
    } else if (message.kind === "done") resolve(message.page);
    else if (message.kind === "failed" && message.failure.fatal) giveUp(toError(message.failure));
    else if (message.kind === "failed") reject(toError(message.failure));
  }

  const answer = promise.finally(() => {
    cancelTimer();
    signal.removeEventListener("abort", onAbort);
  });
  return { answer, receive };
}

function startWorker(path: string, log: Logger): Worker {
  // Nothing of the thread may reach our own stdout, which belongs to the protocol.
  const worker = new Worker(workerUrl, {
    workerData: { path },
    stdout: true,
    stderr: true,
    // Flags such as --input-type or --watch are not for threads.
    execArgv: [],
  });
  for (const stream of [worker.stdout, worker.stderr])
    stream.on("data", (chunk: Buffer) => log.debug("postgres", { text: chunk.toString().trim() }));
  worker.unref();
  return worker;
}

function crash(reason: string): RawFailure {
  return { code: "unavailable", message: `The database engine stopped: ${reason}. Try again.` };
}

function toError({ code, message, fatal: _, ...facts }: RawFailure): TrestleError {
  return new TrestleError(code, message, facts);
}

function openTimeout(): TrestleError {
  return new TrestleError("unavailable", "The database did not open. Try again.");
}

function queryTimeout(timeoutMs: number): TrestleError {
  const message = `The query ran longer than ${timeoutMs / 1000} s and was stopped. Make it read less: a narrower WHERE, a LIMIT, a join on indexed columns.`;
  return new TrestleError("timeout", message, { retryable: false });
}
