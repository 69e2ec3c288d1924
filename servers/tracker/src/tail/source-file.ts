import type { BigIntStats } from "node:fs";
import type { AllowedFolder } from "./open-within.ts";

/** A file that belongs to a watched source, as it was found. */
export interface SourceFile {
  /** Name of the source, as `watch` lists it. */
  readonly source: string;
  readonly path: string;
  /** `<host>:<device>:<inode>`: the same wherever the file is renamed to. */
  readonly key: string;
  readonly cut: Cut;
  readonly size: number;
  readonly mtimeMs: number;
  /** Where it has to be to be opened, whatever links lead to it; undefined for anywhere. */
  readonly within?: readonly AllowedFolder[];
}

/**
 * How the bytes of a file become units: JSON in lines, of which an unfinished one is never read; lines of text,
 * of which the last is finished when nothing more came for a while; or one document that is written anew.
 */
export type Cut = "json-lines" | "text-lines" | "document";

/** Devices and inodes are unique on one host only, and a store may be shared by several. */
export function fileKey(host: string, stats: Pick<BigIntStats, "dev" | "ino">): string {
  return `${host}:${stats.dev}:${stats.ino}`;
}

/** A unit of a file: a line without its end, or a whole document. */
export interface Line {
  /** Byte at which it begins. */
  readonly offset: number;
  /** Good until the next piece is read. */
  readonly bytes: Buffer;
}
