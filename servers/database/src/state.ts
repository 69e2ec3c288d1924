import type { Config } from "./config.ts";
import type { Database } from "./postgres/database.ts";

/** What the tools share. */
export interface State {
  readonly database: Pick<Database, "query" | "close">;
  readonly limits: {
    readonly timeoutMs: number;
    readonly maxRows: number;
    readonly maxBytes: number;
  };
  close(): Promise<void>;
}

export function createState(database: Pick<Database, "query" | "close">, config: Config): State {
  return {
    database,
    limits: {
      timeoutMs: config.statementTimeoutMs,
      maxRows: config.maxRows,
      maxBytes: config.maxBytes,
    },
    close: database.close,
  };
}
