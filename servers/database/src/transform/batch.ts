import { messageOf, TrestleError } from "@trestle/protocol";

/** What became of one item. */
export type BatchItem<Result> =
  | { readonly index: number; readonly ok: true; readonly value: Result }
  | { readonly index: number; readonly ok: false; readonly error: Error };

export interface BatchProgress {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

export interface BatchOptions {
  /** After the first item that fails, no further one is begun; those are then missing from the outcome. */
  readonly stopOnError?: boolean;
  /** Told after each item. */
  readonly onProgress?: (progress: BatchProgress) => void;
}

export interface AsyncBatchOptions extends BatchOptions {
  /** Items at work at once; 4 where left out. */
  readonly concurrency?: number;
  /** Aborts: no further item is begun, those at work are waited for, and its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Does something to each item; what goes wrong with one does not end the others. In the order of the items. */
export function batchSync<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Result,
  { stopOnError = false, onProgress }: BatchOptions = {},
): BatchItem<Result>[] {
  const outcome: BatchItem<Result>[] = [];
  let failed = 0;
  for (const [index, item] of items.entries()) {
    try {
      outcome.push({ index, ok: true, value: work(item, index) });
    } catch (error) {
      failed += 1;
      outcome.push({ index, ok: false, error: toError(error) });
    }
    onProgress?.({ done: outcome.length, failed, total: items.length });
    if (stopOnError && failed > 0) break;
  }
  return outcome;
}

/** The same for work that takes its time, some items at once. */
export async function batch<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
  { concurrency = 4, signal, stopOnError = false, onProgress }: AsyncBatchOptions = {},
): Promise<BatchItem<Result>[]> {
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw new TrestleError("invalid_input", "concurrency: must be a whole number from 1 up.");
  const outcome: BatchItem<Result>[] = [];
  let failed = 0;
  let next = 0;

  async function worker(): Promise<void> {
    while (next < items.length && !signal?.aborted && !(stopOnError && failed > 0)) {
      const index = next;
      next += 1;
      try {
        const value = await work(items[index] as Item, index);
        outcome.push({ index, ok: true, value });
      } catch (error) {
        failed += 1;
        outcome.push({ index, ok: false, error: toError(error) });
      }
      onProgress?.({ done: outcome.length, failed, total: items.length });
    }
  }

  const workers = Math.min(concurrency, items.length);
  // What a listener of progress throws ends its worker; the others are waited for all the same.
  const ends = await Promise.allSettled(Array.from({ length: workers }, worker));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  signal?.throwIfAborted();
  return outcome.toSorted((a, b) => a.index - b.index);
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error), { cause: error });
}
