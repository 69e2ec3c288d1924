import type { Cursor } from "../store/tracker-store.ts";
import type { Line, SourceFile } from "./source-file.ts";
import type { Window } from "./window.ts";

/** Why a line of a file was not read. */
export type SkipReason = "too long" | "binary";

/** What is new in a file, up to some lines, and how far it then is read. */
export interface Piece {
  readonly file: SourceFile;
  /** The cursor that it was read from, as the store holds it. */
  readonly expected: Cursor | undefined;
  readonly cursor: Cursor;
  readonly lines: readonly Line[];
  readonly skipped: ReadonlyMap<SkipReason, number>;
  /** The file does not go on from `expected`, and was begun anew. */
  readonly isRestart: boolean;
  /** All was read, and nothing came for a moment: the last line stands for itself. */
  readonly isQuiet: boolean;
  /** All was read, and nothing came for long: nobody goes on with what it tells of. */
  readonly isSilent: boolean;
}

export type Reading =
  /** There is another file at the path by now. */
  | { readonly kind: "replaced" }
  | {
      readonly kind: "read";
      /** Undefined where nothing moved the cursor. */
      readonly piece: Piece | undefined;
      /** May more be read at once? */
      readonly hasMore: boolean;
      /** Bytes behind the last full line. */
      readonly unfinished: number;
      /** Up to which byte an unfinished line that is too long was looked at; 0 for none. */
      readonly scanned: number;
      readonly size: number;
      readonly mtimeMs: number;
    };

export interface ReadOptions {
  readonly host: string;
  /** As the store holds it, for the file's key. */
  readonly cursor: Cursor | undefined;
  /** As the last reading from the same cursor said, or 0. */
  readonly scanned: number;
  /** Nothing came for a moment. */
  readonly isSettled: boolean;
  /** Nothing came for a while: take the last line too, if it can be one. */
  readonly isQuiet: boolean;
  /** Nothing came for long. */
  readonly isSilent: boolean;
  /** Lines of a piece, at most. */
  readonly most: number;
  readonly now: number;
  readonly window: Window;
}

/** Where in a file a piece begins. */
export interface Place {
  readonly offset: number;
  readonly scanned: number;
  readonly begunAt: number;
  readonly marks: Marks;
  readonly isRestart: boolean;
}

/** Fingerprints of the file up to an offset, as a cursor holds them. */
export interface Marks {
  readonly head: string;
  readonly tail: string;
}

/** What was cut out of a file, from a place on. */
export interface Cut {
  readonly lines: readonly Line[];
  readonly skipped: ReadonlyMap<SkipReason, number>;
  readonly end: number;
  readonly marks: Marks;
  readonly scanned: number;
  readonly hasMore: boolean;
}
