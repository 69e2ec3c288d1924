import { setting } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { QUERY_DEFAULTS } from "./postgres/database.ts";

/** The most rows that one page may be asked to hold. */
export const MAX_PAGE_ROWS = 10_000;

export const config = z.object({
  dataDir: setting(z.string().min(1).optional(), {
    env: "DATABASE_DATA_DIR",
    description:
      "Folder of the embedded Postgres, made at first use; by default `database` in the Trestle home",
  }),
  statementTimeoutMs: setting(z.int().min(1).max(3_600_000).default(QUERY_DEFAULTS.timeoutMs), {
    env: "DATABASE_STATEMENT_TIMEOUT_MS",
    description: "Milliseconds after which a running statement is stopped",
  }),
  maxRows: setting(z.int().min(1).max(MAX_PAGE_ROWS).default(QUERY_DEFAULTS.maxRows), {
    env: "DATABASE_MAX_ROWS",
    description: "Rows on a page where the caller does not say",
  }),
  maxBytes: setting(z.int().min(1_000).max(32_000_000).default(QUERY_DEFAULTS.maxBytes), {
    env: "DATABASE_MAX_BYTES",
    description: "Bytes of data on a page, however many rows were asked for",
  }),
});

export type Config = z.output<typeof config>;
