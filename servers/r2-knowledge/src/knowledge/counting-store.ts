import type { ObjectStore } from "../object-store/object-store.ts";

/** Requests since the start, as R2 bills them: A writes and lists, B reads, deletes are free. */
export interface RequestCounts {
  readonly classA: number;
  readonly classB: number;
  readonly free: number;
  readonly bytesWritten: number;
  readonly bytesRead: number;
}

export interface CountingStore extends ObjectStore {
  counts(): RequestCounts;
}

/**
 * The same store, whose requests are counted: as it tells them itself, those of retries and of others who use it
 * among them, or else by what is asked of it here.
 */
export function countRequests(store: ObjectStore): CountingStore {
  let [classA, classB, free, bytesWritten, bytesRead] = [0, 0, 0, 0, 0];
  return {
    description: store.description,
    billed: store.billed,
    counts() {
      const billed = store.billed?.() ?? { A: classA, B: classB, free };
      return {
        ...{ classA: billed.A, classB: billed.B, free: billed.free },
        ...{ bytesWritten, bytesRead },
      };
    },
    async get(...args) {
      classB += 1;
      const found = await store.get(...args);
      bytesRead += found?.body.length ?? 0;
      return found;
    },
    async getStream(...args) {
      classB += 1;
      const found = await store.getStream(...args);
      bytesRead += found?.size ?? 0;
      return found;
    },
    head(...args) {
      classB += 1;
      return store.head(...args);
    },
    put(key, body, options) {
      classA += 1;
      bytesWritten += body.length;
      return store.put(key, body, options);
    },
    async putStream(...args) {
      classA += 1;
      const written = await store.putStream(...args);
      bytesWritten += written.bytes;
      return written;
    },
    list(...args) {
      classA += 1;
      return store.list(...args);
    },
    delete(...args) {
      free += 1;
      return store.delete(...args);
    },
    close: () => store.close(),
  };
}
