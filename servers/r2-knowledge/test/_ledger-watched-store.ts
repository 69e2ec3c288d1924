import type { ObjectStore } from "../src/object-store/object-store.ts";

export type RequestName = "get" | "head" | "put" | "delete" | "list";

export interface StoreRequest {
  readonly name: RequestName;
  /** The key, or the first of them, or the prefix. */
  readonly key: string;
}

/** Stands between a ledger and its store: sees every request, and decides when and how it is answered. */
export type Meddle = <Result>(
  request: StoreRequest,
  execute: () => Promise<Result>,
) => Promise<Result>;

export function watchedStore(store: ObjectStore, meddle: Meddle): ObjectStore {
  return {
    ...store,
    get: (key, options) => meddle({ name: "get", key }, () => store.get(key, options)),
    head: (key, options) => meddle({ name: "head", key }, () => store.head(key, options)),
    // A write that is on its way is not called back by who gave up waiting for it.
    put: (key, body, options) =>
      meddle({ name: "put", key }, () => store.put(key, body, { ...options, signal: undefined })),
    delete: (keys, options) =>
      meddle({ name: "delete", key: [keys].flat()[0] ?? "" }, () => store.delete(keys, options)),
    list: (prefix, options) =>
      meddle({ name: "list", key: prefix }, () => store.list(prefix, options)),
  };
}

/** The requests of a store, in their order. */
export function countedStore(
  store: ObjectStore,
): ObjectStore & { readonly requests: StoreRequest[] } {
  const requests: StoreRequest[] = [];
  const counted = watchedStore(store, (request, execute) => {
    requests.push(request);
    return execute();
  });
  return { ...counted, requests };
}
