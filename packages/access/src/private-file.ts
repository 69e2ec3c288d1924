import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { messageOf, TrestleError } from "@trestle/protocol";

/** The content of a small file, or undefined where there is none. */
export function readPrivateFile(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw fileError(file, error);
  }
}

/**
 * Makes a file that only its owner can read, unless it exists; says whether it was made. Written
 * aside, then linked in place: of several processes one comes first, and nobody reads half a file.
 */
export function createPrivateFile(file: string, content: string): boolean {
  const draft = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeDurably(draft, content);
    try {
      linkSync(draft, file);
    } finally {
      unlinkSync(draft);
    }
    syncFolder(dirname(file));
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw fileError(file, error);
  }
}

/** Makes the names in a folder survive a loss of power. */
export function syncFolder(folder: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(folder, "r");
    fsyncSync(handle);
  } catch {
    // some systems cannot open or sync a folder
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

export function fileError(file: string, error: unknown): TrestleError {
  return new TrestleError(
    "unavailable",
    `${file}: ${messageOf(error)}. Check the disk and the folder's permissions, then try again.`,
    { cause: error },
  );
}

function writeDurably(file: string, content: string): void {
  const handle = openSync(file, "wx", 0o600);
  try {
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
