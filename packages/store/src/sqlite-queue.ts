import { type Clock, type Logger, TrestleError } from "@trestle/protocol";
import { fromWireError } from "./share-wire.ts";
import type { SqlStatement, WriteResult } from "./sqlite-statement.ts";
import type { WriterThread } from "./sqlite-thread.ts";
import type { WriteJob } from "./sqlite-writer.ts";

export interface QueueOptions {
  readonly file: string;
  /** Starts a writer: at first, and again after one crashed. */
  readonly start: () => Promise<WriterThread>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface CommitQueue {
  write(statements: readonly SqlStatement[]): Promise<WriteResult[]>;
  append(statement: SqlStatement): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Half of what an append may be late, so that the commit itself fits in as well. */
const APPEND_DELAY_MS = 25;
/** As many appends go at once, so that a burst does not wait in memory. */
const APPEND_BURST = 1_000;

/** A job, and who waits for it; nobody does for an append. */
interface Entry {
  readonly job: WriteJob;
  readonly waiter?: PromiseWithResolvers<WriteResult[]>;
}

/** Group commit: whatever comes while a commit runs goes into the next one, in the order it came. */
export function createCommitQueue(first: WriterThread, options: QueueOptions): CommitQueue {
  const committer = createCommitter(first, options);
  const batches = createBatches(committer.commit, options.clock);
  let closed: Promise<void> | undefined;

  async function write(statements: readonly SqlStatement[]): Promise<WriteResult[]> {
    if (closed) throw closedError(options.file);
    return batches.add(statements);
  }

  function append(statement: SqlStatement): void {
    if (closed) throw closedError(options.file);
    batches.append([statement]);
  }

  /** An empty job comes after everything appended so far. */
  async function flush(): Promise<void> {
    await batches.add([]);
    committer.throwLost();
  }

  async function close(): Promise<void> {
    try {
      await flush();
    } finally {
      await committer.close();
    }
  }

  return { write, append, flush, close: () => (closed ??= close()) };
}

/** Gathers entries while a batch of them is being committed. */
function createBatches(commit: (batch: readonly Entry[]) => Promise<void>, clock: Clock) {
  let entries: Entry[] = [];
  let committing = false;
  let planned = false;
  let cancelTimer: (() => void) | undefined;

  /** After the current turn, so that writes made together are committed together. */
  function plan(): void {
    if (planned || committing) return;
    planned = true;
    queueMicrotask(() => void dispatch());
  }

  async function dispatch(): Promise<void> {
    planned = false;
    committing = true;
    do {
      cancelTimer?.();
      cancelTimer = undefined;
      const batch = entries;
      entries = [];
      await commit(batch);
    } while (isDue());
    committing = false;
  }

  /** Appends alone wait for their timer. */
  function isDue(): boolean {
    if (entries.length === 0) return false;
    return !cancelTimer || entries.length >= APPEND_BURST || entries.some(({ waiter }) => waiter);
  }

  return {
    add(job: WriteJob): Promise<WriteResult[]> {
      const waiter = Promise.withResolvers<WriteResult[]>();
      entries.push({ job, waiter });
      plan();
      return waiter.promise;
    },
    append(job: WriteJob): void {
      entries.push({ job });
      if (entries.length >= APPEND_BURST) plan();
      cancelTimer ??= clock.after(APPEND_DELAY_MS, () => {
        cancelTimer = undefined;
        plan();
      });
    },
  };
}

/** Hands batches to the writer, a new one where the last crashed, and tells everybody how it went. */
function createCommitter(first: WriterThread, { file, start, log }: QueueOptions) {
  let thread = first;
  let lost: { readonly error: unknown; readonly count: number } | undefined;

  function fail({ waiter }: Entry, error: unknown): void {
    if (waiter) waiter.reject(error);
    else lost = { error, count: (lost?.count ?? 0) + 1 };
  }

  async function commit(batch: readonly Entry[]): Promise<void> {
    const lostBefore = lost;
    try {
      if (!thread.alive) thread = await start();
      const outcomes = await thread.commit(batch.map(({ job }) => job));
      for (const [index, outcome] of outcomes.entries()) {
        const entry = batch[index] as Entry;
        if ("results" in outcome) entry.waiter?.resolve([...outcome.results]);
        else fail(entry, fromWireError(outcome.error));
      }
    } catch (error) {
      for (const entry of batch) fail(entry, error);
    }
    if (lost !== lostBefore) log.warn("Appended rows were lost", { file, ...lost });
  }

  function throwLost(): void {
    const failed = lost;
    lost = undefined;
    if (failed) throw failed.error;
  }

  return { commit, throwLost, close: () => thread.close() };
}

function closedError(file: string): TrestleError {
  return new TrestleError("unavailable", `${file} is closed; open it again.`, { retryable: false });
}
