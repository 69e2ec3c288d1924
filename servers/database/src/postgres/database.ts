import type { JsonObject, JsonValue } from "@trestle/protocol";

/** A Postgres to read from, whatever drives it. */
export interface Database {
  /**
   * Runs one read-only statement and returns one page of its rows. Throws `denied` for anything that
   * is not a read, `timeout`, `cancelled`, `not_found` for an unknown relation, `invalid_input` for
   * whatever else Postgres finds wrong with the statement.
   */
  query(sql: string, params?: readonly JsonValue[], options?: QueryOptions): Promise<QueryResult>;
  close(): Promise<void>;
}

export interface QueryOptions {
  readonly signal?: AbortSignal;
  /** Counted while the statement runs, not while it waits for its turn. */
  readonly timeoutMs?: number;
  /** Rows of one page. */
  readonly maxRows?: number;
  /** Text bytes of one page; the first row is always returned. */
  readonly maxBytes?: number;
  /** Rows to skip: the `nextOffset` of the page before. */
  readonly offset?: number;
}

export const QUERY_DEFAULTS: Required<Omit<QueryOptions, "signal">> = {
  timeoutMs: 30_000,
  maxRows: 100,
  maxBytes: 100_000,
  offset: 0,
};

export interface Column {
  /** The key in each row; a repeated name gets a number: `id`, `id_2`. */
  readonly name: string;
  /** As Postgres spells it: `integer`, `timestamp with time zone`, `text[]`. */
  readonly type: string;
}

export interface QueryResult {
  readonly columns: Column[];
  readonly rows: JsonObject[];
  /** Rows on this page. */
  readonly rowCount: number;
  /** Are there more rows than this page holds? */
  readonly truncated: boolean;
  /** Present when truncated: the `offset` of the next page. */
  readonly nextOffset?: number;
  /** How many values were longer than one value may be; each says so at its end. */
  readonly cutValues: number;
}
