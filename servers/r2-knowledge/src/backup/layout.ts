import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import * as z from "zod";
import { ObjectStoreError } from "../object-store/object-store.ts";

/**
 * A backup in an object store, below a prefix: packs hold pieces of objects, trees list objects and
 * where their pieces are, a snapshot lists trees. Everything is named by the SHA-256 of its bytes, so
 * that nothing is kept twice, any number may write at once, and a flipped bit shows.
 */
export const FORMAT = 1;

/** Of an object, at most so many bytes; packs are filled up to about this. */
export const PIECE_BYTES = 8 * 1024 * 1024;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const piece = z.object({
  /** Of the piece as it was in the object. */
  sha256,
  bytes: z.int().min(0),
  pack: sha256,
  /** Where it is in the pack, compressed (raw deflate). */
  at: z.int().min(0),
  length: z.int().min(0),
});
export type Piece = z.infer<typeof piece>;

const entry = z.object({
  key: z.string(),
  size: z.int().min(0),
  /** Milliseconds since 1970, and the ETag: as they were in the source. */
  modified: z.number(),
  etag: z.string(),
  contentType: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  pieces: z.array(piece),
});
/** One object as it was. */
export type Entry = z.infer<typeof entry>;

const snapshot = z.object({
  format: z.literal(FORMAT),
  id: z.string(),
  /** Milliseconds since 1970. What changed in between may be in it as it was before or after. */
  started: z.number(),
  finished: z.number(),
  /** What was backed up: the store, without secrets, and the prefixes. */
  source: z.string(),
  prefixes: z.array(z.string()),
  trees: z.array(sha256),
  objects: z.int().min(0),
  bytes: z.int().min(0),
});
export type Snapshot = z.infer<typeof snapshot>;

export interface BackupKeys {
  readonly packs: string;
  readonly trees: string;
  readonly snapshots: string;
  readonly locks: string;
}

export function backupKeys(prefix: string): BackupKeys {
  const under = (name: string) => `${prefix}${name}/`;
  return {
    packs: under("packs"),
    trees: under("trees"),
    snapshots: under("snapshots"),
    locks: under("locks"),
  };
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A snapshot's key sorts by its end, and ends with the beginning of its hash. */
export function snapshotName(finished: number, body: Uint8Array): string {
  const time = new Date(finished).toISOString().replaceAll(/[-:]/g, "").replace(".", "");
  return `${time}-${hashOf(body).slice(0, 32)}.json`;
}

export function isNamedByHash(name: string, body: Uint8Array): boolean {
  const hash = /([0-9a-f]+)(\.json)?$/.exec(name)?.[1] ?? "";
  return hash.length >= 32 && hashOf(body).startsWith(hash);
}

export function encodeTree(entries: readonly Entry[]): Buffer {
  return gzipSync(entries.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

export function decodeTree(name: string, body: Uint8Array): Entry[] {
  return decoded(name, () =>
    gunzipSync(body)
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => entry.parse(JSON.parse(line))),
  );
}

export function encodeSnapshot(value: Snapshot): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

export function decodeSnapshot(name: string, body: Uint8Array): Snapshot {
  return decoded(name, () => {
    const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    const { format } = z.looseObject({ format: z.number() }).parse(value);
    if (format > FORMAT) throw new Error(`its format ${format} is newer than this program knows`);
    return snapshot.parse(value);
  });
}

function decoded<Result>(name: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const why =
      cause instanceof z.ZodError ? "it does not have its shape" : (cause as Error).message;
    throw new ObjectStoreError("damaged", `${name} of the backup cannot be read: ${why}.`, {
      cause,
    });
  }
}
