import { Worker } from "node:worker_threads";
import { type Clock, type Logger, messageOf, TrestleError } from "@trestle/protocol";
import type { FromThread, ThreadData, ToThread } from "./messages.ts";

/** One life of the thread that holds PGlite, which blocks while a statement runs. Once ended, a new one is needed. */
export interface Thread {
  readonly ended: boolean;
  /** Close it when nobody needs its session. */
  readonly spent: boolean;
  /** Opens the folder; at once where it is open. */
  open(): Promise<void>;
  /** One at a time: messages in, messages out. Rejects where the thread ended under it. */
  run(bytes: Uint8Array): Promise<Uint8Array>;
  /** Whatever runs ends unfinished; its transaction never was. Resolves when nothing touches the folder any more. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface ThreadOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const url = new URL(
  import.meta.url.endsWith(".ts") ? "./pglite-worker.ts" : "./pglite-worker.js",
  import.meta.url,
);
/** Opening takes a third of a second, making a cluster less than three; recovery after a crash somewhat more. */
const OPEN_MS = 60_000;
/** A bridge has two seconds to be gone. */
const CLOSE_MS = 1_000;

export function startThread({ path, clock, log }: ThreadOptions): Thread {
  const worker = startWorker({ path }, log);
  let ended = false;
  let spent = false;
  let opened: Promise<void> | undefined;
  let waiting: PromiseWithResolvers<FromThread> | undefined;

  worker.on("message", (message: FromThread) => {
    if (message.kind === "broken") end(toBroken(message));
    if (message.kind === "answer") spent = message.spent;
    waiting?.resolve(message);
  });
  worker.on("error", (error) => end(stopped(messageOf(error))));
  worker.on("exit", () => end(stopped("its thread ended")));

  function end(error: TrestleError): void {
    ended = true;
    waiting?.reject(error);
  }

  /** The thread keeps the process alive only while somebody waits for it. */
  async function ask(message: ToThread): Promise<FromThread> {
    if (ended) throw stopped("its thread ended");
    waiting = Promise.withResolvers();
    worker.ref();
    worker.postMessage(message);
    try {
      return await waiting.promise;
    } finally {
      waiting = undefined;
      worker.unref();
    }
  }

  async function open(): Promise<void> {
    const cancelTimer = clock.after(OPEN_MS, () => {
      end(new TrestleError("unavailable", "The database did not open. Try again."));
      void stop();
    });
    await ask({ kind: "open" }).finally(cancelTimer);
  }

  async function run(bytes: Uint8Array): Promise<Uint8Array> {
    const answer = await ask({ kind: "run", bytes });
    return answer.kind === "answer" ? answer.bytes : new Uint8Array();
  }

  async function stop(): Promise<void> {
    end(stopped("it was stopped"));
    await worker.terminate();
  }

  /** Lets an idle database write its last checkpoint; a busy one is stopped, and recovers when opened again. */
  async function close(): Promise<void> {
    if (!ended && !waiting && opened) {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const cancelTimer = clock.after(CLOSE_MS, resolve);
      await Promise.race([ask({ kind: "close" }).catch(() => {}), late]);
      cancelTimer();
    }
    await stop();
  }

  return {
    get ended() {
      return ended;
    },
    get spent() {
      return spent;
    },
    open: () => (opened ??= open()),
    run,
    stop,
    close,
  };
}

function startWorker(data: ThreadData, log: Logger): Worker {
  // Nothing of the thread may reach our own stdout, which belongs to the protocol.
  const worker = new Worker(url, {
    workerData: data,
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

function stopped(reason: string): TrestleError {
  return new TrestleError("unavailable", `The database engine stopped: ${reason}. Try again.`);
}

function toBroken({ message, retryable }: Extract<FromThread, { kind: "broken" }>): TrestleError {
  return new TrestleError("unavailable", message, { retryable });
}
