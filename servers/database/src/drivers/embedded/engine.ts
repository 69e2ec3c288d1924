import type { Clock, Logger } from "@trestle/protocol";
import { startThread, type Thread } from "./thread.ts";

export interface EngineOptions {
  /** Where the cluster lives; made at first need. Only one engine may use it at a time. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** PGlite on one folder, in a thread that is replaced when a statement will not end. One caller at a time. */
export interface Engine {
  /** Resolves when the folder is open. */
  open(): Promise<void>;
  isOpen(): boolean;
  /** Messages of the wire protocol in and out. Rejects where the engine ended under them, with all of its session. */
  run(bytes: Uint8Array): Promise<Uint8Array>;
  /** Ends what runs. */
  stop(): Promise<void>;
  /** Nobody uses the session now: the engine may be replaced, and after a while closed. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

/** An open database holds some 150 MB; opening it again takes a third of a second. */
const IDLE_MS = 5 * 60_000;

export function createEngine({ path, clock, log }: EngineOptions): Engine {
  let thread: Thread | undefined;
  /** While it runs, the folder is still in use. */
  let closing: Promise<void> | undefined;
  let cancelIdle = () => {};

  async function current(): Promise<Thread> {
    cancelIdle();
    while (closing) await closing;
    if (!thread || thread.ended) thread = startThread({ path, clock, log });
    return thread;
  }

  /** Whoever comes meanwhile gets the next thread, and not one that is about to end. */
  async function letGo(): Promise<void> {
    cancelIdle();
    const last = thread;
    thread = undefined;
    closing ??= last?.close().finally(() => {
      closing = undefined;
    });
    await closing;
  }

  return {
    open: async () => (await current()).open(),
    isOpen: () => thread !== undefined && !thread.ended,
    run: async (bytes) => (await current()).run(bytes),
    async stop() {
      await thread?.stop();
    },
    async rest() {
      cancelIdle();
      if (thread?.spent) await letGo();
      else if (thread) cancelIdle = clock.after(IDLE_MS, () => void letGo());
    },
    close: letGo,
  };
}
