import { constants } from "node:fs";
import { type FileHandle, lstat, open, realpath } from "node:fs/promises";
import type { GetOptions, ObjectFacts, StoredObject } from "../object-store.ts";
import { errnoOf, linkFound } from "./errors.ts";
import { type FactsShelf, impliedType } from "./facts.ts";
import type { Place } from "./place.ts";
import { type Version, versionOf } from "./versions.ts";

export interface Reader {
  head(key: string): Promise<ObjectFacts | undefined>;
  get(key: string, options: GetOptions): Promise<StoredObject | undefined>;
  getStream(
    key: string,
    options: GetOptions,
  ): Promise<(ObjectFacts & { body: AsyncIterable<Uint8Array> }) | undefined>;
  /** Closes the files of streams that nobody read to their end. */
  close(): Promise<void>;
}

interface Opened {
  readonly file: FileHandle;
  readonly facts: ObjectFacts;
}

/** No link, and no pipe that would be waited for. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const PIECE_BYTES = 262_144;
/** A file that is replaced, or cut short from outside, so often while it is read is not read at all. */
const TRIES = 20;

export function createReader(place: Place, shelf: FactsShelf): Reader {
  const streaming = new Set<FileHandle>();

  async function openObject(key: string): Promise<Opened | undefined> {
    const path = place.pathOf(key);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const file = await openFile(place, path);
      if (!file) return undefined;
      const opened = await toOpened(file, key, path).catch(async (error: unknown) => {
        await file.close();
        throw error;
      });
      if (opened !== "replaced") return opened;
      await file.close();
    }
    throw new Error(`${path} is replaced faster than it can be read`);
  }

  /** The old version's facts go after the new version came: where there are none, it must still be there. */
  async function toOpened(
    file: FileHandle,
    key: string,
    path: string,
  ): Promise<Opened | "replaced" | undefined> {
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile()) {
      await file.close();
      return undefined;
    }
    const version = versionOf(stats);
    const kept = await shelf.find(key, version);
    if (!kept && version.mayHaveFacts) {
      const now = await lstat(path, { bigint: true }).catch(() => undefined);
      if (now?.ino !== stats.ino) return "replaced";
    }
    return { file, facts: { ...toFacts(key, version), ...kept } };
  }

  return {
    async head(key) {
      const opened = await openObject(key);
      await opened?.file.close();
      return opened?.facts;
    },

    async get(key, options) {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const opened = await openObject(key);
        if (!opened) return undefined;
        const { file, facts } = opened;
        try {
          const { from, end } = spanOf(facts.size, options.range);
          const body = await readSpan(file, from, end);
          if (body.length === end - from) return { ...facts, body };
        } finally {
          await file.close();
        }
        options.signal?.throwIfAborted();
      }
      throw new Error(`${place.pathOf(key)} is cut short while it is read`);
    },

    async getStream(key, options) {
      const opened = await openObject(key);
      if (!opened) return undefined;
      const { file, facts } = opened;
      streaming.add(file);
      const letGo = async () => {
        if (streaming.delete(file)) await file.close();
      };
      return { ...facts, body: piecesOf(opened, options, letGo) };
    },

    async close() {
      const left = [...streaming];
      streaming.clear();
      await Promise.all(left.map((file) => file.close()));
    },
  };
}

/** Undefined where there is no file. Throws `denied` where a link stands there, or leads there. */
async function openFile(place: Place, path: string): Promise<FileHandle | undefined> {
  try {
    if ((await realpath(path)) !== path) throw linkFound(path);
    return await open(path, FLAGS);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ELOOP") throw linkFound(path);
    if (errno !== "ENOENT" && errno !== "ENOTDIR") throw error;
    await place.confirm();
    return undefined;
  }
}

function toFacts(key: string, { etag, size, modified }: Version): ObjectFacts {
  const contentType = impliedType(key);
  return { key, etag, size, modified, ...(contentType ? { contentType } : {}) };
}

/** From the first byte to before the end. */
function spanOf(size: number, range: GetOptions["range"]): { from: number; end: number } {
  const from = Math.min(range?.from ?? 0, size);
  const end = Math.min((range?.to ?? size - 1) + 1, size);
  return { from, end: Math.max(from, end) };
}

/** Shorter than asked for where the file is. */
async function readSpan(file: FileHandle, from: number, end: number): Promise<Uint8Array> {
  const body = Buffer.allocUnsafeSlow(end - from);
  let filled = 0;
  while (filled < body.length) {
    const { bytesRead } = await file.read(body, filled, body.length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return body.subarray(0, filled);
}

async function* piecesOf(
  { file, facts }: Opened,
  { range, signal }: GetOptions,
  letGo: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    const { from, end } = spanOf(facts.size, range);
    for (let at = from; at < end; ) {
      signal?.throwIfAborted();
      const piece = await readSpan(file, at, Math.min(at + PIECE_BYTES, end));
      if (piece.length === 0) throw new Error(`${facts.key} was cut short while it was read`);
      at += piece.length;
      yield piece;
    }
    signal?.throwIfAborted();
  } finally {
    await letGo();
  }
}
