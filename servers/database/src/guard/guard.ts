import type { Mode } from "../postgres/database.ts";

/** What an operator allows of a database. Every list left out or empty means: no rule of that kind. */
export interface GuardRules {
  readonly mode: Mode;
  /** Only what is known to be harmless passes, instead of all but what is known to be harmful. */
  readonly strict?: boolean;
  readonly allowSchemas?: readonly string[];
  readonly denySchemas?: readonly string[];
  /** `table` or `schema.table`, with `*`. */
  readonly allowTables?: readonly string[];
  readonly denyTables?: readonly string[];
  /** `table.column` or `schema.table.column`, with `*`: may not be read or written at all. */
  readonly denyColumns?: readonly string[];
  /** The same forms: may be read, and come back masked. */
  readonly maskColumns?: readonly string[];
}

/** How an accepted statement has to be run. */
export interface Accepted {
  /** Rows through a cursor; all at once (SHOW, EXPLAIN); a statement that writes rows; one that changes structure or settings. */
  readonly kind: "rows" | "report" | "write" | "change";
  /** The user should be asked first: it drops, truncates, or writes without a condition. */
  readonly destructive: boolean;
}

/** Reads statements with Postgres' own parser and decides what may run. Throws `denied` with the setting that would allow it. */
export interface Guard {
  readonly rules: GuardRules;
  /** For a statement that is to be read only, whatever the mode. */
  checkRead(sql: string): Promise<Accepted>;
  /** For a statement that may do what the mode allows. */
  check(sql: string): Promise<Accepted>;
  /** For builders, imports and descriptions, which name their tables and columns. */
  checkTable(schema: string | undefined, table: string, columns?: readonly string[]): void;
}
