import { createHash } from "node:crypto";
import type { Cursor } from "../store/tracker-store.ts";
import type { Marks } from "./reading.ts";

/** So many bytes at the beginning, and so many before the cursor, tell that a file is still the same. */
export const MARK_BYTES = 256;

/** How many of the bytes `[0, offset)` each fingerprint covers. */
export function markLength(offset: number): number {
  return Math.min(offset, MARK_BYTES);
}

export function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

export const NO_MARKS: Marks = { head: sha1(new Uint8Array()), tail: sha1(new Uint8Array()) };

/**
 * The fingerprints up to `bytes[end]`. `base` is the byte of the file at which `bytes` begins; it holds at least
 * `MARK_BYTES` before `end`, or all. `before` are the marks of an earlier offset.
 */
export function marksOf(bytes: Buffer, base: number, end: number, before: Marks): Marks {
  const length = markLength(base + end);
  const tail = sha1(bytes.subarray(end - length, end));
  return { head: base === 0 ? sha1(bytes.subarray(0, length)) : before.head, tail };
}

/** Reads up to `length` bytes at `position`; fewer only where the file ends. */
export type ReadAt = (position: number, length: number) => Promise<Buffer>;

/**
 * Does the file still begin with what was read up to the cursor? Not where it was truncated and grew again, by
 * however much, nor where its inode was given to another file.
 */
export async function isContinued(cursor: Cursor, size: number, readAt: ReadAt): Promise<boolean> {
  const { offset, headLength, head, tail } = cursor;
  if (size < offset) return false;
  const first = await readAt(0, headLength);
  if (first.length < headLength || sha1(first) !== head) return false;
  if (offset === headLength) return true;
  const last = await readAt(offset - headLength, headLength);
  return last.length === headLength && sha1(last) === tail;
}
