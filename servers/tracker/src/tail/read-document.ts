import type { FileHandle } from "node:fs/promises";
import { LINE_BYTES } from "./cut-piece.ts";
import { sha1 } from "./fingerprint.ts";
import type { Piece, Reading, ReadOptions } from "./reading.ts";
import type { SourceFile } from "./source-file.ts";

/** A larger one is left out and counted. */
const DOCUMENT_BYTES = 8 * LINE_BYTES;

/**
 * A file that is written anew as a whole, and read so when it changed. One that is not JSON may be about to be
 * written, and is left until it is quiet.
 */
export async function readDocument(
  handle: FileHandle,
  file: SourceFile,
  { cursor: expected, window, now, isQuiet, isSilent }: ReadOptions,
): Promise<Reading> {
  const { key, source, path, size, mtimeMs } = file;
  const isTooLong = size > DOCUMENT_BYTES;
  const bytes = await window.read(handle, 0, isTooLong ? LINE_BYTES : size);
  const hash = sha1(bytes);
  const rest = { kind: "read", hasMore: false, scanned: 0, size, mtimeMs } as const;
  if (expected?.head === hash) return { ...rest, piece: undefined, unfinished: 0 };
  if (!isTooLong && !isQuiet && !isJson(bytes))
    return { ...rest, piece: undefined, unfinished: size };
  const piece: Piece = {
    file,
    expected,
    cursor: {
      key,
      source,
      path,
      offset: size,
      head: hash,
      headLength: bytes.length,
      tail: hash,
      begunAt: expected?.begunAt ?? now,
    },
    lines: isTooLong || size === 0 ? [] : [{ offset: 0, bytes }],
    skipped: new Map(isTooLong ? [["too long", 1]] : []),
    isRestart: false,
    isQuiet: true,
    isSilent,
  };
  return { ...rest, piece, unfinished: 0 };
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
