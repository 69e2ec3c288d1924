import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";

/** A folder of which files may be read, wherever links lead to. */
export interface AllowedFolder {
  readonly path: string;
  /** Hidden folders and files of a home hold keys and tokens. */
  readonly withHidden: boolean;
}

const HIDDEN = /(^|[\\/])\.[^\\/]/;
/** A pipe that took a file's place keeps nobody waiting. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** The last part of a path is no link any more when it was resolved. */
const NO_LINK = constants.O_NOFOLLOW ?? 0;
const SMALL_BYTES = 4_096;

/** Is this path, in which no link is left, below one of the folders? */
export function isWithin(real: string, folders: readonly AllowedFolder[]): boolean {
  return folders.some(({ path, withHidden }) => {
    const folder = realPath(path);
    return isBelow(real, folder) && (withHidden || !HIDDEN.test(real.slice(folder.length)));
  });
}

/** Without links, also of what is not there yet: of that, the folders that are. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

/**
 * Opens a file to read it. With folders, only one that really is in them: links are followed before it is opened, and
 * what was opened is looked at again, since a link may have been put there in between. Throws `EOUTSIDE`.
 */
export async function openWithin(
  path: string,
  folders: readonly AllowedFolder[] | undefined,
): Promise<FileHandle> {
  if (folders === undefined) return open(path, READ);
  const real = allowedReal(path, folders);
  const handle = await open(real, READ | NO_LINK);
  try {
    checkOpened(handle.fd, real, folders);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The text of a small file, opened as by `openWithin`. */
export function readTextWithin(
  path: string,
  folders: readonly AllowedFolder[] | undefined,
): string {
  const real = folders === undefined ? path : allowedReal(path, folders);
  const file = openSync(real, folders === undefined ? READ : READ | NO_LINK);
  try {
    if (folders !== undefined) checkOpened(file, real, folders);
    const bytes = Buffer.alloc(SMALL_BYTES);
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, SMALL_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

function allowedReal(path: string, folders: readonly AllowedFolder[]): string {
  const real = realpathSync(path);
  if (!isWithin(real, folders)) throw outside(path);
  return real;
}

/** Linux tells where an opened file is; elsewhere it has to be the one that is found at its path by now. */
function checkOpened(file: number, opened: string, folders: readonly AllowedFolder[]): void {
  let real: string;
  try {
    real = readlinkSync(`/proc/self/fd/${file}`);
  } catch {
    real = realpathSync(opened);
    const own = fstatSync(file, { bigint: true });
    const found = statSync(real, { bigint: true });
    if (own.ino !== found.ino || own.dev !== found.dev) throw outside(opened);
  }
  if (!isWithin(real, folders)) throw outside(opened);
}

function outside(path: string): Error {
  return Object.assign(new Error(`${path} leads out of the folders that may be watched`), {
    code: "EOUTSIDE",
  });
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
