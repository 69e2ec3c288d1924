import type { RunStore } from "../runs/run-store.ts";
import type { BlobStore } from "./blob-store.ts";
import { putBack, takeOut } from "./large-values.ts";

/** A store of runs that keeps large results beside their logs. What is referred to is there before what refers to it. */
export function withBlobs(store: RunStore, blobs: BlobStore): RunStore {
  return {
    ...store,
    create: async (run, first) => store.create(run, await takeOut(run.id, first, blobs)),
    append: async (id, append) => store.append(id, await takeOut(id, append, blobs)),
    async load(id) {
      const stored = await store.load(id);
      return stored && putBack(stored, blobs);
    },
    async prune(endedBefore) {
      const pruned = await store.prune(endedBefore);
      await blobs.drop(pruned);
      return pruned;
    },
  };
}
