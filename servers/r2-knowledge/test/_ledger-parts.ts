import { type ManualClock, manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { type Ledger, type LedgerOptions, openLedger } from "../src/ledger/ledger.ts";
import { openFolderStore } from "../src/object-store/folder/open-folder-store.ts";
import type { ObjectStore } from "../src/object-store/object-store.ts";
import { createMapFold, type MapFold } from "./_ledger-map-fold.ts";
import { INDEX } from "./_ledger-things.ts";

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

export function idsOf({ fold }: OpenedLedger): string[] {
  return [...fold.entries.keys()].toSorted();
}
