import { type FileHandle, readdir } from "node:fs/promises";
import { basename, dirname, join, parse } from "node:path";
import type { Cursor } from "../store/tracker-store.ts";
import { isContinued, MARK_BYTES, markLength, type ReadAt, sha1 } from "./fingerprint.ts";
import { openWithin } from "./open-within.ts";
import type { Marks } from "./reading.ts";

/**
 * Rotating by "copy, then truncate" leaves what was not read in the copy. It is told by its name and by holding
 * what was read, at both ends.
 */

/** Is this a name that a rotation gives to a copy of the other? `app.log.1`, `app-20261122.log`, `app.log.old`. */
export function isRotatedName(path: string, original: string): boolean {
  if (dirname(path) !== dirname(original) || path === original) return false;
  const { name, ext } = parse(original);
  const copy = basename(path);
  if (!copy.startsWith(name)) return false;
  const rest = copy.slice(name.length).replace(ext, "");
  return /^[-._\dTZ]*(\.?(bak|old|copy|orig))?$/.test(rest);
}

/** Does the file hold what was read up to the cursor of another one? False where it can not be read. */
export async function holds(path: string, cursor: Cursor): Promise<boolean> {
  const answer = await reading(path, (readAt, size) => isContinued(cursor, size, readAt));
  return answer ?? false;
}

/** Fingerprints of the first so many bytes; undefined where there are not so many, or nobody may read them. */
export function marksAt(path: string, offset: number): Promise<Marks | undefined> {
  return reading(path, async (readAt, size) => {
    if (size < offset) return undefined;
    const length = markLength(offset);
    const head = sha1(await readAt(0, length));
    return { head, tail: sha1(await readAt(offset - length, length)) };
  });
}

async function reading<Answer>(
  path: string,
  ask: (readAt: ReadAt, size: number) => Promise<Answer>,
): Promise<Answer | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await openWithin(path, undefined);
    const opened = handle;
    const { size } = await handle.stat();
    const readAt: ReadAt = async (position, length) => {
      const bytes = Buffer.alloc(Math.min(length, MARK_BYTES));
      const { bytesRead } = await opened.read(bytes, 0, bytes.length, position);
      return bytes.subarray(0, bytesRead);
    };
    return await ask(readAt, size);
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}

/** Files beside it that a rotation may have made of it. */
export async function rotatedFrom(original: string): Promise<readonly string[]> {
  const folder = dirname(original);
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => join(folder, name)).filter((path) => isRotatedName(path, original));
}
