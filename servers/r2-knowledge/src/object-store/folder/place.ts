import {
  type BigIntStats,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from "node:fs";
import { mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ObjectStoreError } from "../object-store.ts";
import { errnoOf, linkFound, toObjectStoreError } from "./errors.ts";
import { namesOfKey, toKeyBytes } from "./key-names.ts";

/** The folder itself, and the folders in it. */
export interface Place {
  /** Absolute, without symbolic links. */
  readonly root: string;
  /** Where the store keeps what is no object, by its name; no key is kept there. */
  innerPath(name: string): string;
  /** Makes it where it is missing. Throws `denied` where a symbolic link leads to it. */
  makeInner(name: string): string;
  pathOf(key: string): string;
  /** Whether the folder is there. Throws `denied` where a symbolic link leads to it. */
  isFolder(path: string): Promise<boolean>;
  /** Makes it and those above where they are missing, each in a folder that is no link. */
  makeFolder(path: string): Promise<void>;
  /** Throws `no_bucket` where the folder is not the one that was opened: moved, deleted, not mounted. */
  confirm(): Promise<BigIntStats>;
}

/** Opens the folder; makes it, for its user alone, where it is missing. */
export function openPlace(path: string): Place {
  const { root, opened } = openRoot(path);

  const place: Place = {
    root,
    innerPath: (name) => join(root, ".trestle", name),

    makeInner(name) {
      const folder = place.innerPath(name);
      for (const made of [dirname(folder), folder]) {
        makeFolders(made);
        if (realpathSync.native(made) !== made) throw linkFound(made);
      }
      return folder;
    },

    pathOf: (key) => join(root, ...namesOfKey(toKeyBytes(key))),

    async isFolder(folder) {
      try {
        if ((await realpath(folder)) === folder) return true;
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw error;
        await place.confirm();
        return false;
      }
      throw linkFound(folder);
    },

    async makeFolder(folder) {
      if (await place.isFolder(folder)) return;
      await place.makeFolder(dirname(folder));
      await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
        if (errnoOf(error) !== "EEXIST") throw error;
      });
    },

    async confirm() {
      const found = await stat(root, { bigint: true }).catch(() => undefined);
      if (found?.ino === opened.ino && found.dev === opened.dev) return found;
      throw new ObjectStoreError(
        "no_bucket",
        `The folder ${root} is no longer the one that was opened: it was moved, deleted, or its disk is not mounted. Bring it back and start again.`,
      );
    },
  };
  return place;
}

/** As mkdir's own `recursive`, which says of a read-only disk that there is no such folder; for good. */
function makeFolders(path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    // Where those above are there and it still cannot be, as in `/proc`, a second attempt says so.
    if (errnoOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    makeFolders(dirname(path));
    makeFolder(path);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
    syncNames(dirname(path));
  } catch (error) {
    if (errnoOf(error) !== "EEXIST" || !statSync(path).isDirectory()) throw error;
  }
}

function syncNames(folder: string): void {
  if (process.platform === "win32") return;
  const opened = openSync(folder, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** SQLite, whose locks are taken, opens no path of more than 512 bytes. */
const LONGEST_ROOT = 400;

function openRoot(path: string): { root: string; opened: BigIntStats } {
  try {
    makeFolders(path);
    const root = realpathSync.native(path);
    if (Buffer.byteLength(root) > LONGEST_ROOT) throw tooLong(root);
    return { root, opened: statSync(root, { bigint: true }) };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT") throw unusable(path, error);
    if (errno !== "EEXIST" && errno !== "ENOTDIR") {
      throw toObjectStoreError(error, `Cannot open the folder ${path}`);
    }
    const message = `${path} is not a folder: a file stands there. Name a folder, or a path that is free.`;
    throw new ObjectStoreError("no_bucket", message, { cause: error });
  }
}

/** Of those above some are there, and take no folder: `/proc`, or a link to what is gone. */
function unusable(path: string, cause: unknown): ObjectStoreError {
  const message = `No folder can be made at ${path}. Choose another place, on a disk of this machine.`;
  return new ObjectStoreError("no_bucket", message, { cause });
}

function tooLong(root: string): ObjectStoreError {
  const message = `The path ${root} is longer than the ${LONGEST_ROOT} bytes that the store can work with. Choose a folder with a shorter path.`;
  return new ObjectStoreError("no_bucket", message);
}
