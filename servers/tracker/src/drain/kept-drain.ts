import { isTrestleError, type JsonObject } from "@trestle/protocol";
import type { TrackerStore } from "../store/tracker-store.ts";
import { createDrain, type Drain, type DrainSnapshot } from "./drain.ts";

/** A miner whose templates are kept in the store, so that they are the same after a restart. */
export interface KeptDrain {
  readonly drain: Drain;
  /** Goes on with what was saved last; without it where that cannot be read. */
  restore(): Promise<void>;
  /** Keeps what is new. */
  save(now: number): Promise<void>;
}

const KEY = "drain";

export function createKeptDrain(store: Pick<TrackerStore, "document" | "putDocuments">): KeptDrain {
  let current = createDrain();
  let isSaved = true;
  return {
    drain: {
      add(message) {
        isSaved = false;
        return current.add(message);
      },
      snapshot: () => current.snapshot(),
    },
    async restore() {
      const kept = await store.document("setting", KEY);
      if (kept === undefined) return;
      try {
        current = createDrain({ snapshot: kept.value as unknown as DrainSnapshot });
        isSaved = true;
      } catch (error) {
        // Of another version: templates are found again.
        if (!isTrestleError(error) || error.code !== "invalid_input") throw error;
      }
    },
    async save(now) {
      if (isSaved) return;
      isSaved = true;
      const value = current.snapshot() as unknown as JsonObject;
      try {
        await store.putDocuments([{ kind: "setting", key: KEY, at: now, value }]);
      } catch (error) {
        isSaved = false;
        throw error;
      }
    },
  };
}
