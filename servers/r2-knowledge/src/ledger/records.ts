import type { ObjectStore, StoredObject } from "../object-store/object-store.ts";
import type { LedgerLine } from "./fold.ts";
import { inParallel } from "./in-parallel.ts";
import { listAll } from "./listing.ts";
import { type Patience, patiently } from "./patience.ts";

/** The records that an index is of: where they are, and what the index should say of each. */
export interface Records {
  /** What lies below these and has an id is a record. */
  readonly prefixes: readonly string[];
  idOf(key: string): string | undefined;
  keyOf(id: string): string;
  /** The line of a record, `gone` where it says of itself that it is. Throws where it is damaged. */
  lineOf(record: StoredObject): LedgerLine | Promise<LedgerLine>;
}

export interface RecordsParts {
  readonly store: ObjectStore;
  readonly patience: Patience;
}

export interface RecordFacts {
  readonly id: string;
  readonly key: string;
  /** Milliseconds since 1970, by the store's clock. */
  readonly modified: number;
}

const WIDTH = 32;

export async function* listRecords(
  { store, patience }: RecordsParts,
  records: Records,
): AsyncGenerator<RecordFacts> {
  for (const prefix of records.prefixes) {
    for await (const { key, modified } of listAll(store, prefix, patience)) {
      const id = records.idOf(key);
      if (id !== undefined) yield { id, key, modified };
    }
  }
}

/** What a record says: undefined where it is not there, an error where it is damaged. */
export async function readLine(
  { store, patience }: RecordsParts,
  records: Records,
  key: string,
): Promise<LedgerLine | Error | undefined> {
  const object = await patiently(patience, (signal) => store.get(key, { signal }));
  if (object === undefined) return undefined;
  try {
    return await records.lineOf(object);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Many at a time; stops where the signal says so. */
export async function forEachRecord<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  signal: AbortSignal | undefined,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  await inParallel(items, WIDTH, async (item) => {
    signal?.throwIfAborted();
    await work(item);
  });
}
