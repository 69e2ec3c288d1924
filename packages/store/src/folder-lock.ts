import { chmodSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { messageOf, TrestleError } from "@trestle/protocol";
import { isBusy, isDamage, sqliteCode, toStoreError } from "./sqlite-errors.ts";

export interface FolderLock {
  /** Higher than that of every owner before. */
  readonly fence: number;
  /** Again does nothing. */
  release(): void;
}

/** A handle that is garbage-collected closes its file and frees the lock; held ones stay reachable here. */
const held = new Set<DatabaseSync>();

/**
 * Takes the folder's lock, or returns undefined where somebody else holds it. The lock is SQLite's
 * exclusive file lock on `owner.lock`, kept after the commit that raised the fence; the kernel frees
 * it when the process dies, however it dies.
 *
 * Nothing in the owner's process may open `owner.lock` by other means: POSIX drops a process's locks
 * on a file as soon as any descriptor of it is closed.
 */
export function takeFolderLock(folder: string, lastFence: number): FolderLock | undefined {
  const file = join(folder, "owner.lock");
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    const fence = raiseFence(database, lastFence);
    chmodSync(file, 0o600);
    return holdLock(database, fence);
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw isDamage(sqliteCode(error)) ? damaged(file, error) : toStoreError(error, file);
  }
}

/** There is no copy of it, and nothing in it that anybody would miss. */
function damaged(file: string, cause: unknown): TrestleError {
  return new TrestleError(
    "unavailable",
    `${file}: ${messageOf(cause)}. It says only who owns the folder: ` +
      "stop every process that uses the folder, then delete this file; the data stays.",
    { cause },
  );
}

/** Is the lock held by anybody, this process included? */
export function isFolderLocked(folder: string): boolean {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(folder, "owner.lock"), { readOnly: true });
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch (error) {
    return isBusy(error);
  } finally {
    database?.close();
  }
}

function raiseFence(database: DatabaseSync, lastFence: number): number {
  database.exec("PRAGMA busy_timeout=0; PRAGMA synchronous=FULL");
  // BEGIN EXCLUSIVE must be the first access in this mode: a lock taken by a read would be kept too,
  // and two processes holding one would keep each other out.
  database.exec("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
  database.exec("CREATE TABLE IF NOT EXISTS fence (value INTEGER NOT NULL)");
  const row = database.prepare("SELECT max(value) AS value FROM fence").get();
  // owner.json knows the last fence too, should somebody have deleted owner.lock.
  const fence = Math.max(Number(row?.value ?? 0), lastFence) + 1;
  database.exec("DELETE FROM fence");
  database.prepare("INSERT INTO fence VALUES (?)").run(fence);
  database.exec("COMMIT");
  return fence;
}

function holdLock(database: DatabaseSync, fence: number): FolderLock {
  held.add(database);
  return {
    fence,
    release() {
      if (held.delete(database)) database.close();
    },
  };
}
