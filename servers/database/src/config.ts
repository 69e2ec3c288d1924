import { setting } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { QUERY_DEFAULTS } from "./postgres/database.ts";

/** The most rows that one page may be asked to hold. */
export const MAX_PAGE_ROWS = 10_000;

const names = z.array(z.string().min(1)).default([]);

export const config = z.object({
  url: setting(
    z
      .string()
      .regex(/^postgres(ql)?:\/\//, "must begin with postgres:// or postgresql://")
      .optional(),
    {
      env: "DATABASE_URL",
      description:
        "Connection string of a Postgres or Neon database; where left out, the embedded one is used",
      secret: true,
    },
  ),
  driver: setting(z.enum(["auto", "embedded", "postgres", "neon"]).default("auto"), {
    env: "DATABASE_DRIVER",
    description:
      "How the database is reached; auto: neon for hosts under neon.tech, postgres for any other URL, embedded without one",
  }),
  mode: setting(z.enum(["read-only", "read-write", "admin"]).default("read-only"), {
    env: "DATABASE_MODE",
    description:
      "read-only: look; read-write: change rows too; admin: change structure, run migrations, manage Neon projects",
  }),
  strict: setting(z.boolean().default(false), {
    env: "DATABASE_STRICT",
    description:
      "Let only statements, functions and node types pass that are known to be harmless, instead of all but the harmful",
  }),
  allowSchemas: setting(names, {
    env: "DATABASE_ALLOW_SCHEMAS",
    description: "Only these schemas may be used; all where left out",
  }),
  denySchemas: setting(names, {
    env: "DATABASE_DENY_SCHEMAS",
    description: "These schemas may not be used",
  }),
  allowTables: setting(names, {
    env: "DATABASE_ALLOW_TABLES",
    description: "Only these tables may be used: table or schema.table, with *",
  }),
  denyTables: setting(names, {
    env: "DATABASE_DENY_TABLES",
    description: "These tables may not be used: table or schema.table, with *",
  }),
  denyColumns: setting(names, {
    env: "DATABASE_DENY_COLUMNS",
    description: "These columns may not be used: table.column or schema.table.column, with *",
  }),
  maskColumns: setting(names, {
    env: "DATABASE_MASK_COLUMNS",
    description:
      "Values of these columns come back masked: table.column or schema.table.column, with *",
  }),
  dataDir: setting(z.string().min(1).optional(), {
    env: "DATABASE_DATA_DIR",
    description:
      "Folder of the embedded Postgres, made at first use; by default `database` in the Trestle home",
  }),
  maxConnections: setting(z.int().min(1).max(100).default(5), {
    env: "DATABASE_MAX_CONNECTIONS",
    description: "Connections open at once",
  }),
  idleTimeoutMs: setting(z.int().min(0).max(3_600_000).default(30_000), {
    env: "DATABASE_IDLE_TIMEOUT_MS",
    description: "Milliseconds after which an unused connection is closed",
  }),
  connectionTimeoutMs: setting(z.int().min(1).max(300_000).default(10_000), {
    env: "DATABASE_CONNECTION_TIMEOUT_MS",
    description: "Milliseconds to wait for a connection",
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
  migrationsDir: setting(z.string().min(1).optional(), {
    env: "DATABASE_MIGRATIONS_DIR",
    description:
      "Folder of the migration files; by default `migrations` in the server's data folder",
  }),
  filesDir: setting(z.string().min(1).optional(), {
    env: "DATABASE_FILES_DIR",
    description:
      "The only folder that exports and imports use; by default `exports` in the server's data folder",
  }),
  compareUrl: setting(
    z
      .string()
      .regex(/^postgres(ql)?:\/\//, "must begin with postgres:// or postgresql://")
      .optional(),
    {
      env: "DATABASE_COMPARE_URL",
      description: "Connection string of another database, which compare_schemas may look at",
      secret: true,
    },
  ),
  neonApiKey: setting(z.string().min(1).optional(), {
    env: "NEON_API_KEY",
    description: "Key of Neon's management API; its tools need it",
    secret: true,
  }),
  neonProjectId: setting(z.string().min(1).optional(), {
    env: "NEON_PROJECT_ID",
    description:
      "The Neon project that is meant where a call names none; the only one outside admin",
  }),
  neonBranchId: setting(z.string().min(1).optional(), {
    env: "NEON_BRANCH_ID",
    description: "The Neon branch that is meant where a call names none",
  }),
  neonApiUrl: setting(z.url().default("https://console.neon.tech/api/v2"), {
    env: "NEON_API_URL",
    description: "Where Neon's management API is",
  }),
});

export type Config = z.output<typeof config>;
