import { gunzipSync, gzipSync } from "node:zlib";
import * as z from "zod";
import {
  type CallOptions,
  type ObjectStore,
  ObjectStoreError,
} from "../object-store/object-store.ts";
import type { Pair } from "./plan-sync.ts";

const line = z.tuple([z.string(), z.string(), z.string()]);

/** What is remembered of two places: which versions are equal. */
export interface SyncState {
  readonly pairs: ReadonlyMap<string, Pair>;
  set(key: string, pair: Pair): void;
  forget(key: string): void;
  /** Whether something is to be saved. */
  readonly isChanged: boolean;
  /** @throws ObjectStoreError `unavailable` where another sync of the same two places saved meanwhile. */
  save(call?: CallOptions): Promise<void>;
}

/**
 * One object, a line for each key. Losing it loses nothing but time: what both have is compared then.
 *
 * @param key of the object, in the store that is given
 */
export async function openSyncState(
  store: ObjectStore,
  key: string,
  call: CallOptions = {},
): Promise<SyncState> {
  const found = await store.get(key, call);
  const pairs = new Map(found ? decode(key, found.body) : []);
  let etag = found?.etag;
  let isChanged = false;
  return {
    pairs,
    set(name, pair) {
      pairs.set(name, pair);
      isChanged = true;
    },
    forget(name) {
      isChanged = pairs.delete(name) || isChanged;
    },
    get isChanged() {
      return isChanged;
    },
    async save(options = {}) {
      const when = etag === undefined ? ("absent" as const) : { etag };
      isChanged = false;
      try {
        ({ etag } = await store.put(key, encode(pairs), { when, ...options }));
      } catch (error) {
        isChanged = true;
        if ((error as { code?: unknown }).code !== "precondition_failed") throw error;
        throw new ObjectStoreError(
          "unavailable",
          `Another sync of the same two places is at work (${key} in the ${store.description} was changed). Nothing is lost; run it again when that one has ended.`,
          { cause: error },
        );
      }
    },
  };
}

function encode(pairs: ReadonlyMap<string, Pair>): Buffer {
  const lines = [...pairs].map(([key, { source, target }]) =>
    JSON.stringify([key, source, target]),
  );
  return gzipSync(lines.join("\n"));
}

function decode(name: string, body: Uint8Array): [string, Pair][] {
  try {
    const lines = gunzipSync(body).toString("utf8").split("\n");
    return lines
      .filter((text) => text !== "")
      .map((text) => {
        const [key, source, target] = line.parse(JSON.parse(text));
        return [key, { source, target }];
      });
  } catch (cause) {
    throw new ObjectStoreError(
      "damaged",
      `${name} cannot be read. Delete it: the next sync then compares what both places have.`,
      { cause },
    );
  }
}
