import type { LedgerLine } from "../src/ledger/fold.ts";
import type { Records } from "../src/ledger/records.ts";
import type { ObjectStore, PutOptions } from "../src/object-store/object-store.ts";

const START = Date.UTC(2026, 0, 1);
export const INDEX = "mcp/indexes/things/";
export const THINGS = "mcp/things/";

export function put(id: string, version = 1, entry: unknown = `${id} ${version}`): LedgerLine {
  return { kind: "put", id, version, at: START, entry };
}

export function gone(id: string, version: number, at = START): LedgerLine {
  return { kind: "gone", id, version, at };
}

/** The simplest records there are: an id and a version. */
export const things: Records = {
  prefixes: [THINGS],
  idOf: (key) => /^mcp\/things\/(.+)\.json$/.exec(key)?.[1],
  keyOf: (id) => `${THINGS}${id}.json`,
  lineOf({ key, body }) {
    const { version } = JSON.parse(Buffer.from(body).toString()) as { version: number };
    return put(things.idOf(key) ?? "", version);
  },
};

/** A record as its owner would write it, before its line; gives its ETag. */
export async function writeThing(
  store: ObjectStore,
  id: string,
  version = 1,
  when?: PutOptions["when"],
): Promise<string> {
  const body = Buffer.from(JSON.stringify({ version }));
  return (await store.put(things.keyOf(id), body, { when })).etag;
}
