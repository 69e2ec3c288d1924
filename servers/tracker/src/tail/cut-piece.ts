import type { FileHandle } from "node:fs/promises";
import { cutLines, isBinary, toLine } from "./cut-lines.ts";
import { MARK_BYTES, markLength, marksOf, sha1 } from "./fingerprint.ts";
import type { Cut, Marks, Place, ReadOptions } from "./reading.ts";
import type { Cut as How, SourceFile } from "./source-file.ts";
import type { Window } from "./window.ts";

const CHUNK_BYTES = 1 << 20;
/** A longer line is left out and counted. */
export const LINE_BYTES = 8 << 20;
const NEWLINE = 10;

/** The full lines behind a place in a file, up to the end of a chunk; undefined where it was changed before the place. */
export async function cutPiece(
  handle: FileHandle,
  place: Place,
  { cut: how, size }: Pick<SourceFile, "cut" | "size">,
  options: ReadOptions,
): Promise<Cut | undefined> {
  if (place.scanned - place.offset >= LINE_BYTES) return passLongLine(handle, place, options);
  const { window, most } = options;
  // The bytes before are read once more, so that the fingerprint is of the same moment as the lines.
  const base = Math.max(0, place.offset - MARK_BYTES);
  const from = place.offset - base;
  const isText = how === "text-lines";
  let bytes: Buffer;
  let cutting: ReturnType<typeof cutLines>;
  let isWhole: boolean;
  for (let length = CHUNK_BYTES; ; length *= 2) {
    bytes = await window.read(handle, base, from + length);
    if (!goesOn(bytes.subarray(0, from), place)) return undefined;
    isWhole = bytes.length < from + length;
    cutting = cutLines(bytes, { from, base, most, isText });
    if (isWhole || cutting.end > from) break;
    if (length >= LINE_BYTES) return passLongLine(handle, place, options);
  }
  const isFull = cutting.lines.length >= most;
  // Behind the size that it had, somebody is writing just now.
  const isAsLong = base + bytes.length === size;
  const takesLast = options.isQuiet && isWhole && isAsLong && !isFull;
  const last = takesLast ? lastLine(bytes, cutting.end, base, how) : undefined;
  const end = last?.end ?? cutting.end;
  const binary = cutting.binary + (last?.binary ?? 0);
  return {
    lines: last === undefined ? cutting.lines : [...cutting.lines, ...last.lines],
    skipped: new Map(binary > 0 ? [["binary", binary]] : []),
    end: base + end,
    marks: marksOf(bytes, base, end, place.marks),
    scanned: 0,
    hasMore: isFull || !isWhole,
  };
}

/** Since it was found to go on, it may have been truncated and written to again. */
function goesOn(before: Buffer, { offset, marks }: Place): boolean {
  return offset === 0 || (before.length === markLength(offset) && sha1(before) === marks.tail);
}

/** What stands behind the last newline; undefined where that may still be the beginning of a line. */
function lastLine(
  bytes: Buffer,
  from: number,
  base: number,
  how: How,
): ReturnType<typeof cutLines> | undefined {
  const line = toLine(bytes, from, bytes.length, base);
  if (line === undefined) return undefined;
  const end = bytes.length;
  if (how === "json-lines") {
    return isFinished(line.bytes.toString()) ? { lines: [line], end, binary: 0 } : undefined;
  }
  return isBinary(line.bytes) ? { lines: [], end, binary: 1 } : { lines: [line], end, binary: 0 };
}

/** An object that is closed is never the beginning of a longer one. */
function isFinished(text: string): boolean {
  if (!text.startsWith("{") || !text.endsWith("}")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Looks for the end of a line that is left out, in the memory of a chunk. */
async function passLongLine(
  handle: FileHandle,
  place: Place,
  { window }: ReadOptions,
): Promise<Cut> {
  const before = await marksBefore(handle, place, window);
  for (let at = Math.max(place.scanned, place.offset); ; ) {
    const base = Math.max(0, at - MARK_BYTES);
    const bytes = await window.read(handle, base, at - base + CHUNK_BYTES);
    const newline = bytes.indexOf(NEWLINE, at - base);
    if (newline !== -1) {
      const marks = marksOf(bytes, base, newline + 1, before);
      const skipped = new Map([["too long" as const, 1]]);
      return { lines: [], skipped, end: base + newline + 1, marks, scanned: 0, hasMore: true };
    }
    const isEnd = bytes.length < at - base + CHUNK_BYTES;
    at = base + bytes.length;
    if (!isEnd) continue;
    const { offset: end, marks } = place;
    return { lines: [], skipped: new Map(), end, marks, scanned: at, hasMore: false };
  }
}

/** Of a file whose first line is that long, nothing was marked yet. */
async function marksBefore(handle: FileHandle, place: Place, window: Window): Promise<Marks> {
  if (place.offset >= MARK_BYTES) return place.marks;
  return { ...place.marks, head: sha1(await window.read(handle, 0, MARK_BYTES)) };
}
