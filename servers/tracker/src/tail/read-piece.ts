import type { FileHandle } from "node:fs/promises";
import { cutPiece } from "./cut-piece.ts";
import { isContinued, markLength, NO_MARKS } from "./fingerprint.ts";
import { openWithin } from "./open-within.ts";
import { readDocument } from "./read-document.ts";
import type { Place, Reading, ReadOptions } from "./reading.ts";
import { fileKey, type SourceFile } from "./source-file.ts";

/** Reads what is new in a file. Throws what the file system throws. */
export async function readPiece(file: SourceFile, options: ReadOptions): Promise<Reading> {
  const handle = await openWithin(file.path, file.within);
  try {
    const stats = await handle.stat({ bigint: true });
    if (fileKey(options.host, stats) !== file.key || !stats.isFile()) return { kind: "replaced" };
    const found = { size: Number(stats.size), mtimeMs: Number(stats.mtimeMs) };
    // Where it was written to since it was looked at, it is neither quiet nor silent.
    const isAsSeen = found.size === file.size && found.mtimeMs === file.mtimeMs;
    const how = {
      ...options,
      isSettled: options.isSettled && isAsSeen,
      isQuiet: options.isQuiet && isAsSeen,
      isSilent: options.isSilent && isAsSeen,
    };
    if (file.cut === "document") return await readDocument(handle, { ...file, ...found }, how);
    return await readLines(handle, { ...file, ...found }, how);
  } finally {
    await handle.close();
  }
}

async function readLines(
  handle: FileHandle,
  file: SourceFile,
  options: ReadOptions,
): Promise<Reading> {
  const { size, mtimeMs, key, source, path } = file;
  const place = await placeOf(handle, size, options);
  const cut = await cutPiece(handle, place, file, options);
  if (cut === undefined) return { kind: "replaced" };
  const { end, lines, skipped, marks, ...rest } = cut;
  const { isRestart, begunAt } = place;
  const isMoved = end > place.offset || isRestart;
  const cursor = { key, source, path, offset: end, headLength: markLength(end), ...marks, begunAt };
  const expected = options.cursor;
  const isQuiet = options.isSettled && !rest.hasMore;
  const isSilent = options.isSilent && !rest.hasMore;
  const piece = { file, expected, cursor, lines, skipped, isRestart, isQuiet, isSilent };
  return {
    kind: "read",
    piece: isMoved ? piece : undefined,
    ...rest,
    unfinished: Math.max(0, size - end),
    size,
    mtimeMs,
  };
}

async function placeOf(
  handle: FileHandle,
  size: number,
  { cursor, scanned, now, window }: ReadOptions,
): Promise<Place> {
  if (cursor === undefined) {
    return { offset: 0, scanned, begunAt: now, marks: NO_MARKS, isRestart: false };
  }
  if (await isContinued(cursor, size, (at, length) => window.read(handle, at, length))) {
    const { offset, begunAt, head, tail } = cursor;
    return { offset, scanned, begunAt, marks: { head, tail }, isRestart: false };
  }
  return { offset: 0, scanned: 0, begunAt: now, marks: NO_MARKS, isRestart: true };
}
