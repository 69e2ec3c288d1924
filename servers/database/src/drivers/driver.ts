import type { ClientBase } from "pg";

/** What reaches a Postgres: the embedded one, one over TCP, or Neon's serverless driver. */
export type DriverKind = "embedded" | "postgres" | "neon";

/** What a statement answered, values as the texts that Postgres prints. */
export interface Answer {
  readonly fields: {
    readonly name: string;
    readonly dataTypeID: number;
    /** Where the column comes from a table as it is: that table's oid, or 0. */
    readonly tableID: number;
    /** The column's number in that table, or 0. */
    readonly columnID: number;
  }[];
  readonly rows: (string | null)[][];
  /** As Postgres names it: `SELECT`, `UPDATE`, `CREATE TABLE`. */
  readonly command: string;
  /** Rows that were returned or written; null for statements that count nothing. */
  readonly rowCount: number | null;
}

/** One connection, taken out of its pool for one piece of work. */
export interface Connection {
  /** One statement in the extended protocol, which takes no second one. */
  run(sql: string, params?: readonly unknown[]): Promise<Answer>;
  /** A script in the simple protocol: only for text of our own or of the operator, never of a caller. */
  script(text: string): Promise<void>;
  /** The same connection as libraries know it. */
  readonly client: ClientBase;
}

export interface UseOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds of the whole piece of work, counted from when it has its connection. */
  readonly timeoutMs: number;
}

/** A pool of connections to one Postgres. */
export interface Driver {
  readonly kind: DriverKind;
  /**
   * Lends a connection. When the time is over or the caller leaves, what runs is stopped at the server.
   * The connection goes back clean (no transaction, no setting, no lock) or is thrown away. Throws
   * `timeout`, `cancelled`, `unavailable` (what to do is in the message), or what the statement's error
   * means (see `toFailure`).
   */
  use<Result>(
    work: (connection: Connection) => Promise<Result>,
    options: UseOptions,
  ): Promise<Result>;
  close(): Promise<void>;
}
