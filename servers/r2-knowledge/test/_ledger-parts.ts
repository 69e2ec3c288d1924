import { type ManualClock, manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import type { LedgerLine } from "../src/ledger/fold.ts";
import { type Ledger, type LedgerOptions, openLedger } from "../src/ledger/ledger.ts";
import type { Records } from "../src/ledger/records.ts";
import { openFolderStore } from "../src/object-store/folder/open-folder-store.ts";
import type { ObjectStore } from "../src/object-store/object-store.ts";
import { createMapFold, type MapFold } from "./_ledger-map-fold.ts";

const START = Date.UTC(2026, 0, 1);
export const INDEX = "mcp/indexes/things/";
export const THINGS = "mcp/things/";

/** An empty one, gone with the test. */
export function newStore(): Promise<ObjectStore> {
  return openFolderStore({ path: temporaryFolder("trestle-ledger") });
}

export interface OpenedLedger extends Ledger {
  readonly fold: MapFold;
  readonly clock: ManualClock;
}

/** A ledger with a clock of its own that stands still, and that compacts only when told to. */
export function openTestLedger(
  store: ObjectStore,
  { clock = manualClock(), ...options }: Partial<LedgerOptions> & { clock?: ManualClock } = {},
): OpenedLedger {
  const fold = createMapFold();
  const ledger = openLedger({
    store,
    prefix: INDEX,
    fold,
    writer: "test",
    clock,
    random: Math.random,
    maxAgeMs: 0,
    autoCompact: false,
    ...options,
  });
  return { ...ledger, fold, clock };
}

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

/** A record as its owner would write it, before its line. */
export async function writeThing(store: ObjectStore, id: string, version = 1): Promise<void> {
  await store.put(things.keyOf(id), Buffer.from(JSON.stringify({ version })));
}

export function idsOf({ fold }: OpenedLedger): string[] {
  return [...fold.entries.keys()].toSorted();
}
