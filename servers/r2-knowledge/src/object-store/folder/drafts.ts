import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { type FolderLock, takeFolderLock } from "@trestle/store";
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

/** Made with the first write, so that a folder one may only read can be opened. */
export function createDrafts(place: Place): Drafts {
  const all = join(place.inner, "drafts");
  let own: { readonly folder: string; readonly lock: FolderLock } | undefined;
  let count = 0;

  function openOwn(): string {
    if (own) return own.folder;
    mkdirSync(all, { recursive: true, mode: 0o700 });
    sweep(all);
    own = takeOwn(all);
    return own.folder;
  }

  return {
    async write(fill, time) {
      await place.confirm();
      count += 1;
      const path = join(openOwn(), `${count}`);
      const file = await open(path, "wx", 0o600);
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

    close() {
      if (!own) return;
      rmSync(own.folder, { recursive: true, force: true });
      own.lock.release();
      own = undefined;
    },
  };
}

/** A folder of this process alone, locked until it closes or dies. */
function takeOwn(all: string): { folder: string; lock: FolderLock } {
  for (let attempt = 0; ; attempt += 1) {
    const folder = join(all, crypto.randomUUID());
    try {
      mkdirSync(folder, { mode: 0o700 });
      const lock = takeFolderLock(folder, 0);
      if (lock) return { folder, lock };
    } catch (error) {
      // Somebody swept it between its making and its locking.
      if (attempt === 9 || statSync(folder, { throwIfNoEntry: false })) throw error;
    }
  }
}

/** Takes away what writers left who are dead: nobody holds their lock. */
function sweep(all: string): void {
  for (const name of readdirSync(all)) {
    const folder = join(all, name);
    try {
      const lock = takeFolderLock(folder, 0);
      if (!lock) continue;
      rmSync(folder, { recursive: true, force: true });
      lock.release();
    } catch {
      // Swept by another process at the same time, or not ours to sweep.
    }
  }
}
