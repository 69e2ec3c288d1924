import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ObjectStoreError } from "../object-store.ts";
import { type FileLock, openFileLock } from "./file-lock.ts";
import type { Place } from "./place.ts";

/** One writer of a key at a time, among all processes on the folder. */
export interface KeyLocks {
  /**
   * Does `work` while nobody else holds the key. It must not wait for anything: so the lock is held for
   * microseconds, and never over a turn of the event loop.
   */
  hold<Result>(key: string, work: () => Result, signal?: AbortSignal): Promise<Result>;
  close(): void;
}

/** So many files of locks; keys share them by their digest. */
const STRIPES = 64;
/** Only a process that is stopped, or a disk that hangs, holds one as long as that. */
const PATIENCE_MS = 30_000;

export function createKeyLocks(place: Place, random: () => number): KeyLocks {
  const opened = new Map<number, FileLock>();

  function tryTake(stripe: number): FileLock | undefined {
    let lock = opened.get(stripe);
    if (!lock) {
      lock = openFileLock(join(place.makeInner("locks"), `${stripe}.lock`));
      opened.set(stripe, lock);
    }
    try {
      return lock.tryTake() ? lock : undefined;
    } catch (error) {
      // The next try opens what is there by then.
      opened.delete(stripe);
      lock.close();
      throw error;
    }
  }

  async function take(key: string, signal: AbortSignal | undefined): Promise<FileLock> {
    const stripe = (createHash("sha256").update(key).digest()[0] ?? 0) % STRIPES;
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const lock = tryTake(stripe);
      if (lock) return lock;
      if (performance.now() > deadline) throw heldTooLong(key, place.root);
      await pause(1 + random() * 5, undefined, signal ? { signal } : {});
    }
  }

  return {
    async hold(key, work, signal) {
      const lock = await take(key, signal);
      try {
        return work();
      } finally {
        lock.free();
      }
    },

    close() {
      for (const lock of opened.values()) lock.close();
      opened.clear();
    },
  };
}

function heldTooLong(key: string, folder: string): ObjectStoreError {
  return new ObjectStoreError(
    "unavailable",
    `Another process has held the lock of ${key} in ${folder} for ${PATIENCE_MS / 1_000} s. It may be stopped: let it go on or end it, then try again.`,
  );
}
