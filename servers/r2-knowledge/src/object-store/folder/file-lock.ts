import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { errnoOf } from "./errors.ts";

/** A lock that the kernel frees when its process dies, however it dies. */
export interface FileLock {
  /** False where anybody holds it: another process, or another lock of this one on the same file. */
  tryTake(): boolean;
  free(): void;
  close(): void;
}

const BUSY = "5";
const LOCKED = "6";

/**
 * SQLite's lock on a file, which it makes and leaves empty: nothing is ever written, so a lock can be had
 * on a full disk too, and costs no wait for the disk. Nothing else may open the file: POSIX drops a
 * process's locks on a file as soon as any descriptor of it is closed.
 */
export function openFileLock(path: string): FileLock {
  const database = new DatabaseSync(path);
  // A journal on the disk would be written even for nothing.
  database.exec("PRAGMA busy_timeout=0; PRAGMA journal_mode=MEMORY");
  const ino = inodeOf(path);

  /** A file that was deleted or replaced locks nothing. */
  const isMine = () => ino !== undefined && inodeOf(path) === ino;

  return {
    tryTake() {
      try {
        database.exec("BEGIN IMMEDIATE");
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === BUSY || errno === LOCKED) return false;
        throw error;
      }
      if (isMine()) return true;
      database.exec("ROLLBACK");
      throw new Error(`${path} was taken away while it was used as a lock`);
    },

    free: () => database.exec("ROLLBACK"),
    close: () => database.close(),
  };
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
