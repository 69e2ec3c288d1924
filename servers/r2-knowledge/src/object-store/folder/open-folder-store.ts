import { type Clock, systemClock } from "@trestle/protocol";
import { type CallOptions, type ObjectStore, ObjectStoreError } from "../object-store.ts";
import { checkKey, checkMetadata } from "./check.ts";
import { createDrafts } from "./drafts.ts";
import { toObjectStoreError } from "./errors.ts";
import { createFactsShelf } from "./facts.ts";
import { fillFrom } from "./fill.ts";
import { createFolderSync } from "./folder-sync.ts";
import { createKeyLocks } from "./key-locks.ts";
import { listPage } from "./listing.ts";
import { createNamesCache } from "./names-cache.ts";
import { openPlace } from "./place.ts";
import { createReader } from "./reader.ts";
import { createTimes } from "./versions.ts";
import { createWriter } from "./writer.ts";

export interface FolderStoreOptions {
  /** Made where it is missing, for its user alone. On a disk of this machine: locks and clocks must be true. */
  readonly path: string;
  readonly clock?: Pick<Clock, "now"> | undefined;
  /** At least 0, below 1. */
  readonly random?: (() => number) | undefined;
}

/**
 * Objects as files of a folder, for any number of processes of this machine. A put that returned is on
 * the disk. How keys are paths: `key-names.ts`; how versions are told apart: `versions.ts`. Files may be
 * read, changed and deleted from outside; one that was changed counts as a new version.
 *
 * @throws ObjectStoreError `no_bucket` where the path is no folder, `denied` where it may not be used.
 */
export async function openFolderStore(options: FolderStoreOptions): Promise<ObjectStore> {
  const { clock = systemClock, random = Math.random } = options;
  const place = openPlace(options.path);
  const drafts = createDrafts(place);
  const locks = createKeyLocks(place, random);
  const syncFolder = createFolderSync(place.root);
  const shelf = createFactsShelf({ place, drafts, syncFolder });
  const names = createNamesCache();
  const reader = createReader(place, shelf);
  const nextTime = createTimes(() => clock.now(), random);
  const writer = createWriter({ place, drafts, locks, shelf, syncFolder, nextTime });
  const description = `folder ${place.root}`;
  let isClosed = false;

  /** Does it, and says what went wrong in the words of the port. */
  async function run<Result>(
    what: string,
    { signal }: CallOptions,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (isClosed) throw new ObjectStoreError("unavailable", `The ${description} was closed.`);
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error instanceof RangeError ? error : toObjectStoreError(error, `Cannot ${what}`);
    }
  }

  return {
    description,

    async get(key, call = {}) {
      checkKey(key);
      return run(`read ${key}`, call, () => reader.get(key, call));
    },

    async head(key, call = {}) {
      checkKey(key);
      return run(`read ${key}`, call, () => reader.head(key));
    },

    async getStream(key, call = {}) {
      checkKey(key);
      return run(`read ${key}`, call, () => reader.getStream(key, call));
    },

    async put(key, body, call = {}) {
      checkKey(key);
      checkMetadata(call);
      const fill = fillFrom([body], call.signal);
      const version = await run(`write ${key}`, call, () => writer.put(key, fill.write, call));
      return { etag: version.etag };
    },

    async putStream(key, body, call = {}) {
      checkKey(key);
      checkMetadata(call);
      const fill = fillFrom(body, call.signal);
      const version = await run(`write ${key}`, call, () =>
        writer.put(key, fill.write, call),
      ).catch((error: unknown) => {
        throw fill.failure?.error ?? error;
      });
      return { etag: version.etag, bytes: version.size };
    },

    async delete(keys, call = {}) {
      const all = typeof keys === "string" ? [keys] : keys;
      for (const key of all) checkKey(key);
      await run(`delete ${all[0]}`, call, () => writer.delete(all, call.signal));
    },

    async list(prefix, call = {}) {
      return run(`list ${prefix}`, call, async () => {
        await place.confirm();
        return listPage(place.root, names, { prefix, options: call });
      });
    },

    async close() {
      isClosed = true;
      await reader.close();
      drafts.close();
      locks.close();
    },
  };
}
