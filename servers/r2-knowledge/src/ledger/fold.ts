/**
 * What an index knows of a record at one version. The ledger keeps such lines and looks only at
 * `kind`, `id`, `version` and `at`; two lines with the same id and version say the same.
 */
export type LedgerLine = PutLine | GoneLine;

export interface PutLine {
  readonly kind: "put";
  readonly id: string;
  /** A whole number that grows with each change of the record. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** JSON, opaque to the ledger: all that a fold needs of the record. */
  readonly entry: unknown;
}

export interface GoneLine {
  readonly kind: "gone";
  readonly id: string;
  /** Everything up to this version is gone; a put of a higher one brings the id back. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * The state in memory that a ledger keeps up to date, such as a search index. All changes happen in
 * one turn of the event loop, so that whoever asks the fold never sees half a write.
 */
export interface Fold {
  /**
   * Takes lines in. They come merged: of an id that was given before, only a higher version, or the
   * end of the version that is there. An id may come twice in one call, the later one counts; an end
   * may name an id that was never given.
   */
  apply(lines: readonly LedgerLine[]): void;
  /**
   * The whole state as it is when this is called, as bytes that the caller may keep. Much of the work may
   * be done later: lines that come in meanwhile wait for nothing, and are not in it.
   */
  snapshot(): Promise<Uint8Array>;
  /** Replaces the state by that of a snapshot; throws where it cannot be read. */
  load(snapshot: Uint8Array): void;
  /** Back to nothing. */
  reset(): void;
}
