import type { JsonObject, JsonValue } from "@trestle/protocol";
import type { Connection, Connections, DriverKind, UseOptions } from "../drivers/driver.ts";
import type { Accepted } from "../guard/guard.ts";

/** What callers may do: look; change rows; everything. */
export type Mode = "read-only" | "read-write" | "admin";

/** A Postgres, whatever drives it, behind the rules that its operator set. */
export interface Database {
  readonly kind: DriverKind;
  readonly mode: Mode;
  /**
   * Runs one read-only statement and returns one page of its rows. Throws `denied` for anything that
   * is not a read, `timeout`, `cancelled`, `not_found` for an unknown relation, `invalid_input` for
   * whatever else Postgres finds wrong with the statement.
   */
  query(sql: string, params?: readonly JsonValue[], options?: QueryOptions): Promise<QueryResult>;
  /**
   * Runs one statement that may write, as far as the mode allows, and commits it. Throws as `query`,
   * and `outcome_unknown` where the connection was lost after the statement had left.
   */
  execute(
    sql: string,
    params?: readonly JsonValue[],
    options?: QueryOptions,
  ): Promise<ExecuteResult>;
  /** What the rules say of statements that may do what the mode allows; none of them runs. Throws `denied`. */
  check(statements: readonly Statement[], options?: Partial<UseOptions>): Promise<Accepted[]>;
  /** Runs statements one after the other in one transaction: all of them count, or none. */
  transaction(
    statements: readonly Statement[],
    options?: TransactionOptions,
  ): Promise<ExecuteResult[]>;
  /**
   * For SQL of our own, which the guard does not look at: work in a read-only transaction with the
   * session's settings made plain, always rolled back.
   */
  read<Result>(
    work: (connection: Connection) => Promise<Result>,
    options?: Partial<UseOptions>,
  ): Promise<Result>;
  /** The same in a transaction that writes and is committed; `denied` in the mode `read-only`. */
  write<Result>(
    work: (connection: Connection) => Promise<Result>,
    options?: Partial<UseOptions>,
  ): Promise<Result>;
  /**
   * A connection outside any transaction, for what begins and ends its own: migrations. `denied` in every
   * mode but `admin`.
   */
  session<Result>(
    work: (connection: Connection) => Promise<Result>,
    options?: Partial<UseOptions>,
  ): Promise<Result>;
  connections(): Connections;
  close(): Promise<void>;
}

export interface Statement {
  readonly sql: string;
  readonly params?: readonly JsonValue[];
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

export interface TransactionOptions extends Omit<QueryOptions, "offset"> {
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  /** Rolled back at the end: what would happen. */
  readonly dryRun?: boolean;
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

export interface ExecuteResult extends QueryResult {
  /** As Postgres names it: `UPDATE`, `CREATE TABLE`. */
  readonly command: string;
  /** Rows written; null for statements that count nothing. */
  readonly affectedRows: number | null;
}
