import { mkdirSync } from "node:fs";
import {
  type Clock,
  type JsonObject,
  type Logger,
  silentLogger,
  systemClock,
  TrestleError,
} from "@trestle/protocol";
import { takeFolderLock } from "@trestle/store";
import { fileError } from "../private-file.ts";
import { createChainHash, toLine } from "./entry.ts";
import { type ChainFiles, openChainFiles } from "./files.ts";
import type { ChainHead } from "./head.ts";
import { findTail } from "./recover.ts";
import type { ChainOptions } from "./verify.ts";

export interface ChainedLogOptions extends ChainOptions {
  /** A new file is begun when the last has grown beyond this; 16 MiB by default. */
  readonly maxSegmentBytes?: number;
  readonly clock?: Clock;
  /** Told when a killed writer's unfinished line was cut off. */
  readonly log?: Logger;
}

export interface ChainedLog {
  /**
   * Resolves with the entry's place once it is on the disk, power loss included. Entries stand in the
   * order of the calls; those that come together share one sync. Rejects with `unavailable` where
   * nothing was stored, with `outcome_unknown` where the entry may stand there.
   */
  append(entry: JsonObject): Promise<ChainHead>;
  /** The last acknowledged entry: kept elsewhere, it proves later that nothing was written anew. */
  head(): ChainHead;
  /** Stores what was appended, then lets the next writer in. */
  close(): Promise<void>;
}

interface Waiting extends PromiseWithResolvers<ChainHead> {
  readonly entry: string;
}

const MAX_ENTRY_BYTES = 1024 * 1024;
const MAX_BATCH = 1_000;

/**
 * Opens an append-only log whose entries name the hash of the one before, so that no entry can be
 * changed, removed or moved unseen (`verifyChain`). Throws `unavailable` where another writer has the
 * folder, and `conflict` where acknowledged entries at its end are missing or changed.
 */
export async function openChainedLog(options: ChainedLogOptions): Promise<ChainedLog> {
  const { folder, clock = systemClock, log = silentLogger } = options;
  const lock = lockFolder(folder);
  try {
    const hash = createChainHash(options.key);
    const tail = await findTail(folder, hash);
    const tornBytes = tail.segment?.tornBytes ?? 0;
    if (tornBytes > 0) log.warn("An unfinished audit entry was cut off", { folder, tornBytes });
    const maxSegmentBytes = options.maxSegmentBytes ?? 16 * 1024 * 1024;
    const files = await openChainFiles({ folder, tail, hash, maxSegmentBytes });
    const writer = createWriter({ ...options, clock, files, first: tail.head });
    let closing: Promise<void> | undefined;
    const close = async () => {
      await writer.close();
      await files.close();
      lock.release();
    };
    return {
      append: writer.append,
      head: writer.head,
      close: () => (closing ??= close()),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function createWriter(parts: {
  readonly folder: string;
  readonly key?: Buffer;
  readonly clock: Clock;
  readonly files: ChainFiles;
  readonly first: ChainHead;
}) {
  const hash = createChainHash(parts.key);
  let head = parts.first;
  const waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let closed = false;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MAX_BATCH);
      try {
        const places = await writeBatch(batch.map(({ entry }) => entry));
        for (const [index, each] of batch.entries()) each.resolve(places[index] ?? head);
      } catch (error) {
        for (const each of batch) each.reject(error);
      }
    }
    writing = undefined;
  }

  async function writeBatch(entries: readonly string[]): Promise<ChainHead[]> {
    const time = new Date(parts.clock.now()).toISOString();
    let last = head;
    const lines: string[] = [];
    const places = entries.map((entry) => {
      const place = { seq: last.seq + 1, time, previous: last.hash };
      const written = toLine(place, entry, hash);
      lines.push(`${written.line}\n`);
      last = { seq: place.seq, hash: written.hash };
      return last;
    });
    await parts.files.write(lines.join(""), { firstSeq: head.seq + 1, head: last });
    head = last;
    return places;
  }

  return {
    async append(entry: JsonObject): Promise<ChainHead> {
      if (closed) throw fileError(parts.folder, new Error("the log is closed"));
      const one = { ...Promise.withResolvers<ChainHead>(), entry: toText(entry) };
      waiting.push(one);
      writing ??= Promise.resolve().then(writeAll); // what comes in this turn goes together
      return one.promise;
    },
    head: () => head,
    async close(): Promise<void> {
      closed = true;
      await writing;
    },
  };
}

function toText(entry: JsonObject): string {
  const text = JSON.stringify(entry);
  if (Buffer.byteLength(text) <= MAX_ENTRY_BYTES) return text;
  throw new TrestleError("invalid_input", "The entry is larger than 1 MiB; log less of it.");
}

function lockFolder(folder: string) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(folder, error);
  }
  const lock = takeFolderLock(folder, 0);
  if (lock) return lock;
  throw new TrestleError(
    "unavailable",
    `Another process writes the log in ${folder}. Let that one append, or end it and try again.`,
    { details: { folder } },
  );
}
