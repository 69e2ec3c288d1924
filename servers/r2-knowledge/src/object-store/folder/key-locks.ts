import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { ObjectStoreError } from "../object-store.ts";
import { errnoOf } from "./errors.ts";

/** One writer of a key at a time, among all processes on the folder. */
export interface KeyLocks {
  /**
   * Does `work` while nobody else holds the key. It must not wait for anything: so the lock is held for
   * microseconds, and never over a turn of the event loop.
   */
  hold<Result>(key: string, work: () => Result, signal?: AbortSignal): Promise<Result>;
  close(): void;
}

const STRIPES = 64;
/** Held that long by a process that is stopped, or by a disk that hangs. */
const PATIENCE_MS = 30_000;

/**
 * The locks are SQLite's on files of its own, taken and given back without writing: the kernel frees
 * them when their process dies, however it dies. Nothing else may open those files: POSIX drops a
 * process's locks on a file as soon as any descriptor of it is closed.
 */
export function createKeyLocks(folder: string, random: () => number): KeyLocks {
  const opened = new Map<number, DatabaseSync>();

  function openStripe(key: string): DatabaseSync {
    const stripe = (createHash("sha256").update(key).digest()[0] ?? 0) % STRIPES;
    const known = opened.get(stripe);
    if (known) return known;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(join(folder, `${stripe}.lock`));
    database.exec("PRAGMA busy_timeout=0");
    opened.set(stripe, database);
    return database;
  }

  return {
    async hold(key, work, signal) {
      const database = openStripe(key);
      const deadline = performance.now() + PATIENCE_MS;
      while (!isTaken(database)) {
        if (performance.now() > deadline) throw heldTooLong(key, folder);
        await pause(1 + random() * 5, undefined, signal ? { signal } : {}).catch(() => {});
        signal?.throwIfAborted();
      }
      try {
        return work();
      } finally {
        database.exec("ROLLBACK");
      }
    },

    close() {
      for (const database of opened.values()) database.close();
      opened.clear();
    },
  };
}

function isTaken(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

/** SQLITE_BUSY and SQLITE_LOCKED. */
function isBusy(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "5" || errno === "6";
}

function heldTooLong(key: string, folder: string): ObjectStoreError {
  return new ObjectStoreError(
    "unavailable",
    `Another process has held the lock of ${key} in ${folder} for ${PATIENCE_MS / 1_000} s. It may be stopped: let it go on or end it, then try again.`,
  );
}
