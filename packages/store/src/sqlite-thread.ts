import { Worker } from "node:worker_threads";
import { messageOf, TrestleError } from "@trestle/protocol";
import { fromWireError } from "./share-wire.ts";
import type { FromWriter, ToWriter } from "./sqlite-worker.ts";
import type { JobOutcome, WriteJob, WriterOptions } from "./sqlite-writer.ts";

/** The writer's thread, seen from the caller's. One commit at a time. */
export interface WriterThread {
  /** Rejects with `outcome_unknown` where the thread dies under it. */
  commit(jobs: readonly WriteJob[]): Promise<readonly JobOutcome[]>;
  readonly alive: boolean;
  close(): Promise<void>;
}

/** What a commit is answered with, and nothing else. */
type Committed = Extract<FromWriter, { kind: "committed" }>;

/** Starts the thread; resolves once the file is open and migrated. */
export async function startWriterThread(options: WriterOptions): Promise<WriterThread> {
  const { file } = options;
  // Flags of the program, such as --input-type, are not for the thread.
  const worker = new Worker(workerUrl(), {
    workerData: options,
    name: "sqlite-writer",
    execArgv: [],
  });
  const conversation = converse(worker);
  const said = await conversation.listen().catch((error) => {
    throw new TrestleError(
      "unavailable",
      `The writer of ${file} did not start: ${messageOf(error)}`,
    );
  });
  if (said.kind === "refused") throw fromWireError(said.error);
  return {
    async commit(jobs) {
      const answer = await conversation.ask({ kind: "commit", jobs }).catch((error) => {
        throw crashed(file, error);
      });
      return (answer as Committed).outcomes;
    },
    get alive() {
      return conversation.alive();
    },
    async close() {
      if (conversation.alive()) await conversation.ask({ kind: "close" }).catch(() => {});
      await conversation.end();
    },
  };
}

/** A thread that is started by the first commit. */
export function createLateThread(start: () => Promise<WriterThread>): WriterThread {
  let starting: Promise<WriterThread> | undefined;
  let thread: WriterThread | undefined;
  return {
    async commit(jobs) {
      // Whoever only waits for what is under way waits for nothing.
      if (!starting && jobs.every((job) => job.length === 0))
        return jobs.map(() => ({ results: [] }));
      starting ??= start();
      try {
        thread = await starting;
      } catch (error) {
        starting = undefined;
        throw error;
      }
      return thread.commit(jobs);
    },
    get alive() {
      return thread?.alive ?? true;
    },
    close: async () => thread?.close(),
  };
}

/** The worker stands beside this file: as a source, or built beside whatever this file is bundled into. */
function workerUrl(): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  return new URL(`./sqlite-worker${extension}`, import.meta.url);
}

interface Conversation {
  ask(message: ToWriter): Promise<FromWriter>;
  /** The next thing the thread says; rejects when it ends instead. */
  listen(): Promise<FromWriter>;
  alive(): boolean;
  /** Waits for the thread to be gone. */
  end(): Promise<void>;
}

/** One question, one answer. The process stays alive to hear it, and no longer. */
function converse(worker: Worker): Conversation {
  const { promise: ended, resolve: gone } = Promise.withResolvers<void>();
  let alive = true;
  let pending: PromiseWithResolvers<FromWriter> | undefined;
  let fault: unknown = new Error("it ended");

  async function listen(): Promise<FromWriter> {
    pending = Promise.withResolvers<FromWriter>();
    worker.ref();
    try {
      return await pending.promise;
    } finally {
      pending = undefined;
      worker.unref();
    }
  }

  worker.on("message", (message: FromWriter) => pending?.resolve(message));
  worker.on("messageerror", (error) => pending?.reject(error));
  worker.on("error", (error) => {
    fault = error;
  });
  worker.on("exit", () => {
    alive = false;
    pending?.reject(fault);
    gone();
  });

  return {
    async ask(message) {
      worker.postMessage(message);
      return listen();
    },
    listen,
    alive: () => alive,
    end() {
      worker.ref();
      return ended;
    },
  };
}

function crashed(file: string, fault: unknown): TrestleError {
  return new TrestleError(
    "outcome_unknown",
    `The writer of ${file} crashed (${messageOf(fault)}): what it was writing may or may not be ` +
      "stored. Look before you write again.",
    { cause: fault },
  );
}
