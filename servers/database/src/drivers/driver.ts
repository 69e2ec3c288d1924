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

/** Some rows of a statement, and whether it has come to its end. */
export interface Batch extends Answer {
  readonly done: boolean;
}

/** A statement that gives its rows bit by bit: what is not taken is not sent, and mostly not computed. */
export interface Portal {
  /** The first call runs the statement. `rowCount` and `command` are known with the last batch. */
  take(maxRows: number): Promise<Batch>;
  /** Goes past rows without sending them; before the first `take`. */
  skip(rows: number): Promise<void>;
}

/** One connection, taken out of its pool for one piece of work. Its errors are TrestleErrors with `details.sqlState`. */
export interface Connection {
  /** One statement in the extended protocol, which takes no second one. All its rows: at most 64 MB of them. */
  run(sql: string, params?: readonly unknown[]): Promise<Answer>;
  /** The same, rows in batches. Only inside a transaction, whose end is its end. */
  open(sql: string, params?: readonly unknown[]): Portal;
  /** A script in the simple protocol: only for text of our own or of the operator, never of a caller. */
  script(text: string): Promise<void>;
  /**
   * Statements without parameters that go ahead of the next one, in its round trip. Where one of them
   * fails, neither those behind it nor the next one runs, and that one's call fails.
   */
  ahead(statements: readonly string[]): void;
  /** The same connection as libraries know it; not while something waits to go ahead. */
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
   * A transaction that is left open is rolled back before this resolves. The connection goes back clean
   * (no setting, no lock, nothing of the session) or is thrown away. Throws
   * `timeout`, `cancelled`, `unavailable` (what to do is in the message), or what the statement's error
   * means (see `toFailure`).
   */
  use<Result>(
    work: (connection: Connection) => Promise<Result>,
    options: UseOptions,
  ): Promise<Result>;
  /**
   * Several statements in one request and one read-only transaction, where the driver has a quicker way
   * for that than a connection; undefined where these can not go that way.
   */
  readAtOnce?(
    statements: readonly { readonly sql: string; readonly params?: readonly unknown[] }[],
    options: UseOptions,
  ): Promise<Answer[]> | undefined;
  /** Connections now: open, unused of them, and callers who wait for one. */
  connections(): Connections;
  /** Lets what runs finish for half a second, then stops it. */
  close(): Promise<void>;
}

export interface Connections {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}
