import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileError } from "../private-file.ts";

/** One file of a log. Its name tells the number of its first entry, so that a missing one shows. */
export interface Segment {
  readonly file: string;
  readonly firstSeq: number;
}

/** A line of a log and where it ends in its file; `whole` is false where its end of line is missing. */
export interface SegmentLine {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly whole: boolean;
}

const NEWLINE = 0x0a;
const namePattern = /^(\d{12})\.jsonl$/;

export function segmentFile(folder: string, firstSeq: number): string {
  return join(folder, `${String(firstSeq).padStart(12, "0")}.jsonl`);
}

/** The log's files, oldest first. */
export function listSegments(folder: string): Segment[] {
  return namesIn(folder)
    .flatMap((name) => {
      const found = namePattern.exec(name);
      return found ? [{ file: join(folder, name), firstSeq: Number(found[1]) }] : [];
    })
    .sort((a, b) => a.firstSeq - b.firstSeq);
}

/** The lines of a file one after the other, whatever its size, behind so many bytes of it. */
export async function* readLines(file: string, from = 0): AsyncGenerator<SegmentLine> {
  let start = from;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { start: from }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let read = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, read)) {
      const end = start + at - read + 1;
      yield { text: bytes.toString("utf8", read, at), start, end, whole: true };
      start = end;
      read = at + 1;
    }
    rest = bytes.subarray(read);
  }
  if (rest.length === 0) return;
  yield { text: rest.toString("utf8"), start, end: start + rest.length, whole: false };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw fileError(folder, error);
  }
}
