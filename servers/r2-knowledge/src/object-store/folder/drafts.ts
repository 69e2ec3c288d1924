import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "./errors.ts";
import { type FileLock, openFileLock } from "./file-lock.ts";
import type { Place } from "./place.ts";
import { type Version, versionOf } from "./versions.ts";

/** A whole object on the disk that nobody sees yet. */
export interface Draft {
  readonly path: string;
  readonly version: Version;
}

/** Where this process writes what it then moves into its place; on the same file system as the place. */
export interface Drafts {
  /**
   * Writes one with `fill`, to the disk itself. The file's time is `time`, in seconds since 1970. Leaves
   * nothing where that fails.
   */
  write(fill: (file: FileHandle) => Promise<void>, time: () => number): Promise<Draft>;
  close(): void;
}

/** A folder of drafts, and the lock beside it that says that its writer lives. */
interface Own {
  readonly folder: string;
  readonly lock: FileLock;
}

/** Made with the first write, so that a folder one may only read can be opened. */
export function createDrafts(place: Place): Drafts {
  let own: Own | undefined;
  let count = 0;

  function close(): void {
    if (!own) return;
    rmSync(own.folder, { recursive: true, force: true });
    rmSync(`${own.folder}.lock`, { force: true });
    own.lock.close();
    own = undefined;
  }

  async function openDraft(): Promise<{ path: string; file: FileHandle }> {
    for (;;) {
      const isNew = own === undefined;
      own ??= openOwn(place);
      count += 1;
      const path = join(own.folder, `${count}`);
      try {
        return { path, file: await open(path, "wx", 0o600) };
      } catch (error) {
        if (isNew || errnoOf(error) !== "ENOENT") throw error;
        close(); // somebody took the folder away: once more in a new one
      }
    }
  }

  return {
    close,

    async write(fill, time) {
      await place.confirm();
      const { path, file } = await openDraft();
      try {
        await fill(file);
        const seconds = time();
        await file.utimes(seconds, seconds);
        await file.sync();
        return { path, version: versionOf(await file.stat({ bigint: true })) };
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      } finally {
        await file.close();
      }
    },
  };
}

function openOwn(place: Place): Own {
  const all = place.makeInner("drafts");
  sweep(all);
  for (;;) {
    const folder = join(all, crypto.randomUUID());
    const lock = tryLock(`${folder}.lock`);
    // Else a sweep was quicker, and took the file for that of a dead writer.
    if (!lock) continue;
    try {
      mkdirSync(folder, { mode: 0o700 });
      return { folder, lock };
    } catch (error) {
      rmSync(`${folder}.lock`, { force: true });
      lock.close();
      throw error;
    }
  }
}

/** Takes away what writers left who are dead: nobody holds their lock. */
function sweep(all: string): void {
  for (const name of readdirSync(all)) {
    const file = join(all, name);
    if (!name.endsWith(".lock") || !existsSync(file)) continue;
    const lock = tryLock(file);
    if (!lock) continue;
    rmSync(file.slice(0, -".lock".length), { recursive: true, force: true });
    rmSync(file, { force: true });
    lock.close();
  }
}

/** Undefined where somebody holds it, or took it away in this moment. */
function tryLock(file: string): FileLock | undefined {
  const lock = openFileLock(file);
  try {
    if (lock.tryTake()) return lock;
  } catch (error) {
    if (existsSync(file)) throw error;
  }
  lock.close();
  return undefined;
}
