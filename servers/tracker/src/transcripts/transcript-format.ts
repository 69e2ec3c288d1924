import type { Agent, TrackedRecord } from "../model/record.ts";

/**
 * How one agent writes down its sessions. Readers are pure: bytes in, records out, no file and no clock of their own;
 * and they never throw, whatever the bytes are.
 */
export type TranscriptFormat = LineFormat | DocumentFormat;

interface Format {
  /** As `watch` and `ingest_chat` name it. */
  readonly name: string;
  readonly agent: Agent;
  /** `head` is how the file begins: a few lines of it, the last of them perhaps not whole. */
  detect(path: string, head: string): boolean;
}

/** Files that only ever grow by lines. */
export interface LineFormat extends Format {
  readonly unit: "line";
  /** `memory` is what a reader of the same file said before, to go on where it stood. */
  open(context: ReadContext, memory?: string): LineReader;
}

/** Files that are written anew as a whole, and texts without lines of their own. */
export interface DocumentFormat extends Format {
  readonly unit: "document";
  /** Every time all that is in it; what was there before gets the ids it had. */
  read(document: Buffer, context: ReadContext): readonly ReadResult[];
}

export interface ReadContext {
  /** The watched source, as `watch` lists it. */
  readonly source: string;
  readonly path: string;
  /** Where neither lines nor path say which session it is. Without the agent's name. */
  readonly sessionId?: string;
  /** Where neither says in which folder it runs. */
  readonly cwd?: string;
  /** Milliseconds since 1970: the time of what tells none, if nothing before it did. */
  now(): number;
}

export interface LineReader {
  /** `line` without its end; `offset` is the byte at which it begins. */
  read(line: Buffer, offset: number): ReadResult;
  /** JSON, or "" where there is nothing to remember. */
  memory(): string;
}

export type ReadResult = TrackedRecord | Skipped;

/** A line that could not be read: counted, never silently left out. */
export interface Skipped {
  readonly skipped: SkipReason;
}

export type SkipReason =
  | "blank"
  | "too long"
  | "binary"
  | "not JSON"
  | "not an object"
  | "unexpected shape";

export function isSkipped(result: ReadResult): result is Skipped {
  return "skipped" in result;
}
