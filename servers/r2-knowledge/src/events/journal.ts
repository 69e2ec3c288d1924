import { eachObject } from "../object-store/each-object.ts";
import { type ObjectStore, ObjectStoreError } from "../object-store/object-store.ts";
import { type Batch, decodeBatch, encodeBatch, lastOf } from "./batch.ts";

/**
 * The numbered events of a bucket, a batch an object: `mcp/events/<number>.json.gz`. A batch is created
 * under the number that follows the last one, and only where nobody else did it (`If-None-Match`): so all
 * processes agree on one sequence without asking each other.
 */
export interface Journal {
  /** Undefined while there is none. */
  newest(): Promise<Batch | undefined>;
  /** Reads everything anew: the sequence may be another one. */
  forget(): void;
  /** What follows a batch; undefined where it is the newest. */
  after(batch: Batch): Promise<Batch | undefined>;
  /** The batch that holds a number, or the next one that is still kept; undefined past the end. */
  holding(seq: number): Promise<Batch | undefined>;
  /** Undefined where another process gave these numbers first. */
  append(batch: Omit<Batch, "format">): Promise<Batch | undefined>;
  /** Takes away what was numbered before that time; the newest always stays. */
  trim(before: number): Promise<void>;
}

const PREFIX = "mcp/events/";
const SUFFIX = ".json.gz";
const DIGITS = 15;
const LIMIT = 10 ** DIGITS - 1;
/** Batches that are kept in memory for those who follow. */
const CACHED = 64;

/** They count down: the newest is the first of the list, and one request finds it. */
const keyOf = (first: number) => `${PREFIX}${String(LIMIT - first).padStart(DIGITS, "0")}${SUFFIX}`;
const firstOf = (key: string) => LIMIT - Number(key.slice(PREFIX.length, -SUFFIX.length));

export function openJournal(store: ObjectStore): Journal {
  const cache = new Map<number, Batch>();

  function remember(batch: Batch): Batch {
    cache.set(batch.first, batch);
    const [oldest] = cache.keys();
    if (cache.size > CACHED && oldest !== undefined) cache.delete(oldest);
    return batch;
  }

  async function read(first: number): Promise<Batch | undefined> {
    const cached = cache.get(first);
    if (cached) return cached;
    const key = keyOf(first);
    const found = await store.get(key);
    return found && remember(await decodeBatch(key, found.body));
  }

  async function firstAfter(key: string | undefined): Promise<number | undefined> {
    const { objects } = await store.list(PREFIX, { limit: 1, after: key });
    return objects[0] && firstOf(objects[0].key);
  }

  async function newest(): Promise<Batch | undefined> {
    const first = await firstAfter(undefined);
    return first === undefined ? undefined : read(first);
  }

  /** The oldest that is kept and holds something after the number. */
  async function oldestBeyond(seq: number): Promise<Batch | undefined> {
    let oldest: number | undefined;
    for await (const { key } of eachObject(store, PREFIX)) {
      if (firstOf(key) <= seq) break;
      oldest = firstOf(key);
    }
    return oldest === undefined ? undefined : read(oldest);
  }

  return {
    newest,
    forget: () => cache.clear(),
    after: (batch) => read(lastOf(batch) + 1),
    async holding(seq) {
      for (const batch of cache.values())
        if (batch.first <= seq && seq <= lastOf(batch)) return batch;
      const first = await firstAfter(keyOf(seq + 1));
      const batch = first === undefined ? undefined : await read(first);
      return batch && lastOf(batch) >= seq ? batch : oldestBeyond(seq);
    },
    async append(batch) {
      // Whoever slept longer than batches are kept would take an old number for a free one.
      const last = await newest();
      if ((last ? lastOf(last) + 1 : 1) !== batch.first) return undefined;
      try {
        const body = await encodeBatch(batch);
        await store.put(keyOf(batch.first), body, {
          when: "absent",
          contentType: "application/gzip",
        });
      } catch (error) {
        if (error instanceof ObjectStoreError && error.code === "precondition_failed") return;
        throw error;
      }
      return remember({ format: 1, ...batch });
    },
    async trim(before) {
      const old: string[] = [];
      let isNewest = true;
      for await (const { key, modified } of eachObject(store, PREFIX)) {
        if (!isNewest && modified < before) old.push(key);
        isNewest = false;
      }
      // The oldest first: what a killed process leaves has no hole.
      old.reverse();
      for (let at = 0; at < old.length; at += 1_000) await store.delete(old.slice(at, at + 1_000));
    },
  };
}
