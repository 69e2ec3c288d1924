import { type BigIntStats, lstatSync, renameSync, unlinkSync } from "node:fs";
import { type FileHandle, link, rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { messageOf } from "@trestle/protocol";
import { ObjectStoreError, type PutOptions } from "../object-store.ts";
import type { Draft, Drafts } from "./drafts.ts";
import { errnoOf } from "./errors.ts";
import { type FactsShelf, factsToKeep } from "./facts.ts";
import type { SyncFolder } from "./folder-sync.ts";
import type { KeyLocks } from "./key-locks.ts";
import type { Place } from "./place.ts";
import { type NextTime, type Version, versionOf } from "./versions.ts";

export interface WriterParts {
  readonly place: Place;
  readonly drafts: Drafts;
  readonly locks: KeyLocks;
  readonly shelf: FactsShelf;
  readonly syncFolder: SyncFolder;
  readonly nextTime: NextTime;
}

export interface Writer {
  /** Returns once the object is on the disk for good. `fill` writes its bytes. */
  put(
    key: string,
    fill: (file: FileHandle) => Promise<void>,
    options: PutOptions,
  ): Promise<Version>;
  delete(keys: readonly string[], signal: AbortSignal | undefined): Promise<void>;
}

/** A folder may be taken away, when its last object went, just before a new object comes. */
const TRIES = 50;
/** Where the file system has no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);
const DELETES_A_TURN = 32;

export function createWriter(parts: WriterParts): Writer {
  const { place, drafts, locks, shelf, syncFolder, nextTime } = parts;

  /** Before anything is written for nothing; what is decided here is decided again when it counts. */
  async function refuseEarly(path: string, key: string, { when }: PutOptions): Promise<void> {
    if (when === undefined) return;
    const before = (await place.isFolder(dirname(path))) ? lookAt(path) : undefined;
    if (when === "absent" ? before : before?.etag !== when.etag) throw refused(key, when);
  }

  /** What the write replaces: what the caller named, or whatever is there. */
  function swap(
    draft: Draft,
    path: string,
    { when }: PutOptions,
    key: string,
  ): Version | undefined {
    const before = lookAt(path);
    if (when === "absent" ? before : when && before?.etag !== when.etag) throw refused(key, when);
    renameSync(draft.path, path);
    return before;
  }

  /** Under a lock, for what is in the way must be looked at, and only then replaced. */
  async function replace(draft: Draft, path: string, options: PutOptions, key: string) {
    const work = () => swap(draft, path, options, key);
    const before = await locks.hold(key, work, options.signal);
    if (before) await shelf.drop(key, before);
  }

  /** Creates without a lock: a link takes a name only where it is free. */
  async function moveIn(draft: Draft, path: string, options: PutOptions, key: string) {
    if (options.when !== "absent") return replace(draft, path, options, key);
    try {
      await link(draft.path, path);
    } catch (error) {
      const errno = errnoOf(error) ?? "";
      if (errno === "EEXIST") throw refused(key, "absent");
      if (!NO_LINKS.has(errno)) throw error;
      return replace(draft, path, options, key);
    }
    await rm(draft.path, { force: true });
  }

  async function moveInto(folder: string, move: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await place.makeFolder(folder);
      try {
        return await move();
      } catch (error) {
        if (errnoOf(error) !== "ENOENT" || attempt === TRIES) throw error;
      }
    }
  }

  /** After it the write is seen; what goes wrong then leaves it unknown whether it stays. */
  async function secure(folder: string, key: string): Promise<void> {
    try {
      await syncFolder(folder);
    } catch (error) {
      const message = `${key} was written, but the disk did not confirm it: ${messageOf(error)}. Read it back.`;
      throw new ObjectStoreError("outcome_unknown", message, { cause: error });
    }
  }

  /** Where somebody took the empty folder away, that is what must be on the disk. */
  async function secureAbsence(folder: string): Promise<void> {
    try {
      await syncFolder(folder);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || folder === place.root) throw error;
      await secureAbsence(dirname(folder));
    }
  }

  return {
    async put(key, fill, options) {
      const path = place.pathOf(key);
      const folder = dirname(path);
      await refuseEarly(path, key, options);
      const facts = factsToKeep(key, options);
      const draft = await drafts.write(fill, () => nextTime(facts !== undefined));
      try {
        if (facts) await shelf.keep(key, draft.version, facts);
        options.signal?.throwIfAborted();
        await moveInto(folder, () => moveIn(draft, path, options, key));
      } catch (error) {
        await rm(draft.path, { force: true });
        if (facts) await shelf.drop(key, draft.version);
        throw error;
      }
      await secure(folder, key);
      return draft.version;
    },

    async delete(keys, signal) {
      const folders = new Map<string, boolean>();
      for (const [at, key] of keys.entries()) {
        const path = place.pathOf(key);
        const folder = dirname(path);
        if (!folders.has(folder)) folders.set(folder, await place.isFolder(folder));
        if (!folders.get(folder)) continue;
        const before = await locks.hold(key, () => unlinkIfThere(path), signal);
        if (before) await shelf.drop(key, before);
        if (at % DELETES_A_TURN === 0) await nextTurn(undefined, signal ? { signal } : {});
      }
      const touched = [...folders].flatMap(([folder, isThere]) => (isThere ? [folder] : []));
      await Promise.all(touched.map(secureAbsence));
      for (const folder of touched) await removeEmpty(folder, place.root);
    },
  };
}

function lookAt(path: string): Version | undefined {
  const stats: BigIntStats | undefined = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && versionOf(stats);
}

function unlinkIfThere(path: string): Version | undefined {
  const before = lookAt(path);
  if (before) unlinkSync(path);
  return before;
}

/** Of a prefix without objects nothing is left. */
async function removeEmpty(folder: string, root: string): Promise<void> {
  for (let empty = folder; empty !== root; empty = dirname(empty)) {
    try {
      await rmdir(empty);
    } catch {
      return; // not empty, or gone already
    }
  }
}

function refused(key: string, when: PutOptions["when"]): ObjectStoreError {
  return new ObjectStoreError(
    "precondition_failed",
    when === "absent"
      ? `${key} is taken. Read what is there, or choose another key.`
      : `${key} is no longer the version named. Read it again, and decide anew.`,
  );
}
