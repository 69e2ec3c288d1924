/** Values travel as the texts that Postgres prints; only what a caller sees of them becomes JSON. */

export interface RawColumn {
  readonly name: string;
  readonly type: string;
  readonly oid: number;
  /** Type of the elements, where the column holds arrays. */
  readonly element?: number;
}

/** A value, or the beginning of one that is too long. */
export type RawCell = string | null | { readonly start: string; readonly length: number };

export interface RawPage {
  readonly columns: RawColumn[];
  readonly rows: RawCell[][];
  readonly more: boolean;
}
