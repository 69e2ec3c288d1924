import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, TrestleError } from "@trestle/protocol";

/** Files of other programs: they are read and replaced as a whole, so that nobody ever sees half of one. */

/** Entries hold secrets: a file that is new is its owner's only. */
const NEW_MODE = 0o600;
const DRAFT = /^\.(.+)\.(\d+)\.[0-9a-f]{8}\.trestle-draft$/;

/** The text of a file, with its byte order mark if it has one; nothing where there is no such file. */
export function readWhole(path: string): string | undefined {
  const bytes = readBytes(path);
  if (bytes === undefined) return undefined;
  if (isUtf8(bytes)) return bytes.toString("utf8");
  throw new TrestleError("invalid_config", `${path}: is not written in UTF-8.`);
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw failure(path, error);
  }
}

/** Throws `denied` where the file must stay as it is, or nothing can be put in its place. */
export function checkWritable(path: string): void {
  const target = targetOf(path);
  const old = statOf(target);
  // Its folder may well let it be replaced; whoever made it read-only meant something by it.
  if (old && (old.mode & 0o222) === 0) throw notWritable(path, "is read-only");
  try {
    if (old) accessSync(target, constants.W_OK);
    accessSync(nearestFolder(dirname(target)), constants.W_OK);
  } catch (error) {
    throw notWritable(path, "may not be written", error);
  }
}

function notWritable(path: string, what: string, cause?: unknown): TrestleError {
  return new TrestleError("denied", `${path}: ${what}.`, { cause });
}

/** The folder itself, or the one that it would be made in. */
function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

export interface Replacing {
  /** It holds secrets from now on: nobody but its owner may read it. */
  readonly isPrivate?: boolean;
}

/**
 * Puts `text` in the place of a file that still holds `before` (nothing: that is not there). Whatever ends
 * the process, the file is the old one or the new one. A link stays one, mode and owner stay.
 */
export function replaceFile(
  path: string,
  before: string | undefined,
  text: string,
  { isPrivate = false }: Replacing = {},
): void {
  checkWritable(path);
  checkUnchanged(path, before);
  const target = targetOf(path);
  const folder = dirname(target);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    sweepDrafts(folder, basename(target));
    const nonce = randomBytes(4).toString("hex");
    const draft = join(folder, `.${basename(target)}.${process.pid}.${nonce}.trestle-draft`);
    try {
      writeDraft(draft, text, statOf(target), isPrivate);
      checkUnchanged(path, before);
      renameSync(draft, target);
    } finally {
      rmSync(draft, { force: true });
    }
    syncFolder(folder);
  } catch (error) {
    throw error instanceof TrestleError ? error : failure(path, error);
  }
}

/** Removes a file that still holds `before`. */
export function removeFile(path: string, before: string): void {
  checkWritable(path);
  checkUnchanged(path, before);
  rmSync(targetOf(path), { force: true });
  syncFolder(dirname(targetOf(path)));
}

/** Throws where another program wrote the file since it was read. */
export function checkUnchanged(path: string, before: string | undefined): void {
  if (readWhole(path) === before) return;
  throw new TrestleError(
    "unavailable",
    `${path}: was changed by another program just now; nothing was written to it. Try again.`,
  );
}

/** Copies a file with its mode into the folder; returns the copy's path. */
export function backUp(path: string, folder: string, name: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const copy = join(folder, name);
  copyFileSync(path, copy);
  const handle = openSync(copy, "r+");
  try {
    fchmodSync(handle, statSync(path).mode & 0o7777);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return copy;
}

/** The file behind a link, be it there or not. */
export function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // A link whose file is not there yet.
  }
  try {
    if (lstatSync(path).isSymbolicLink()) return resolve(dirname(path), readlinkSync(path));
  } catch {
    // Nothing is there.
  }
  return path;
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function writeDraft(draft: string, text: string, old: Stats | undefined, isPrivate: boolean): void {
  const handle = openSync(draft, "wx", NEW_MODE);
  try {
    writeFileSync(handle, text);
    if (old) {
      keepOwner(handle, old);
      fchmodSync(handle, old.mode & (isPrivate ? 0o7700 : 0o7777));
    }
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Only an administrator's process can do more than that. */
function keepOwner(handle: number, { uid, gid }: Stats): void {
  try {
    fchownSync(handle, uid, gid);
  } catch {
    // Then it is ours, as everything that we write.
  }
}

/** What processes left that were killed while they wrote. */
function sweepDrafts(folder: string, name: string): void {
  for (const file of readdirSync(folder)) {
    const [, of, pid] = DRAFT.exec(file) ?? [];
    if (of === name && !isAlive(Number(pid))) rmSync(join(folder, file), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Makes the new name survive a loss of power, where the system can. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Windows cannot open a folder.
  }
}

function failure(path: string, error: unknown): TrestleError {
  return new TrestleError("unavailable", `${path}: ${messageOf(error)}.`, { cause: error });
}
