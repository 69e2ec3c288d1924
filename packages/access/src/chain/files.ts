import { type FileHandle, open } from "node:fs/promises";
import { messageOf, TrestleError } from "@trestle/protocol";
import { fileError, syncFolder } from "../private-file.ts";
import type { ChainHash } from "./entry.ts";
import { type ChainHead, headFile, toHeadRecord } from "./head.ts";
import type { ChainTail } from "./recover.ts";
import { segmentFile } from "./segments.ts";

/** The files that a writer has open. */
export interface ChainFiles {
  /** Appends whole lines and moves the head to the last of them; resolves when both are on the disk. */
  write(lines: string, place: { firstSeq: number; head: ChainHead }): Promise<void>;
  close(): Promise<void>;
}

export interface ChainFilesOptions {
  readonly folder: string;
  readonly tail: ChainTail;
  readonly hash: ChainHash;
  readonly maxSegmentBytes: number;
}

export async function openChainFiles(options: ChainFilesOptions): Promise<ChainFiles> {
  const { folder, tail, hash, maxSegmentBytes } = options;
  const head = await open(headFile(folder), "r+");
  let segment: FileHandle | undefined;
  let length = 0;
  let failure: TrestleError | undefined;
  if (tail.segment) {
    segment = await open(tail.segment.file, "a");
    length = tail.segment.goodBytes;
    if (tail.segment.tornBytes > 0) await cutBack(segment, length);
  }

  async function segmentFor(firstSeq: number): Promise<FileHandle> {
    if (segment && length < maxSegmentBytes) return segment;
    const next = await open(segmentFile(folder, firstSeq), "a", 0o600);
    await segment?.close();
    segment = next;
    length = 0;
    syncFolder(folder);
    return next;
  }

  async function append(bytes: Buffer, firstSeq: number): Promise<void> {
    try {
      const file = await segmentFor(firstSeq);
      await file.appendFile(bytes);
      await file.datasync();
    } catch (error) {
      // Nothing of it may stay: a later head would acknowledge it.
      await segment?.truncate(length).catch((reason) => fail(reason));
      throw fileError(folder, error);
    }
    length += bytes.length;
  }

  /** From here on only a new writer, which looks at what is on the disk, can say where the log ends. */
  function fail(error: unknown): TrestleError {
    failure = new TrestleError(
      "outcome_unknown",
      `The log in ${folder} could not be written: ${messageOf(error)}. Open it again; the last entries may stand there.`,
      { cause: error },
    );
    return failure;
  }

  return {
    async write(lines, { firstSeq, head: next }) {
      if (failure) throw fileError(folder, failure);
      await append(Buffer.from(lines), firstSeq);
      try {
        const record = Buffer.from(toHeadRecord(next, hash));
        await head.write(record, 0, record.length, 0);
        await head.datasync();
      } catch (error) {
        throw fail(error);
      }
    },
    async close() {
      await segment?.close();
      await head.close();
    },
  };
}

async function cutBack(segment: FileHandle, length: number): Promise<void> {
  await segment.truncate(length);
  await segment.datasync();
}
