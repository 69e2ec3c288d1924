import { join } from "node:path";
import {
  askPostgres,
  createLocalDatabase,
  hasLocalPostgres,
  type LocalDatabase,
} from "@trestle/testkit/local-postgres";
import { afterAll, beforeAll } from "vitest";
import { type Installed, runBeside } from "./_installed.ts";

const TABLE = "CREATE TABLE IF NOT EXISTS note (n int)";

const makeNote = `import { openEmbedded } from "@trestle-mcp/database";
const database = openEmbedded({ dataDir: process.argv[1] });
await database.script("${TABLE}");
await database.close();`;

/** A call of every tool of the database server; they need its table `note`. */
export const databaseCalls = {
  run_sql: { sql: "select 6 * 7 as answer" },
  run_transaction: { statements: ["select 1", "select 2"] },
  explain_query: { sql: "select * from note" },
  list_tables: {},
  describe_table: { schema: "pg_catalog", table: "pg_class" },
  search_objects: { query: "note" },
  select_rows: { table: "note" },
  insert_rows: { table: "note", rows: [{ n: 2 }] },
  update_rows: { table: "note", set: { n: 3 }, where: { n: 2 } },
};

/** Where the installed server finds the table of its calls, as settings of its environment. */
export interface Place {
  readonly env: (installed: Installed) => Readonly<Record<string, string>>;
  readonly prepare: (installed: Installed) => Promise<void>;
}

/** A data folder with the embedded Postgres, made by the installed package. */
export const embedded: Place = {
  env: ({ scratch }) => ({ DATABASE_DATA_DIR: join(scratch, "data"), DATABASE_MODE: "read-write" }),
  prepare: async (installed) => {
    await runBeside(installed, makeNote, join(installed.scratch, "data"));
  },
};

/**
 * A Postgres server, where there is one: most of the contract is not about the database, and the embedded
 * one takes a second of each process. Call it at the top of a test file.
 */
export async function onServer(): Promise<Place> {
  if (!(await hasLocalPostgres())) return embedded;
  let database: LocalDatabase;
  beforeAll(async () => {
    database = await createLocalDatabase({ prefix: "packed" });
    await askPostgres(database.url, TABLE);
  });
  afterAll(() => database.drop());
  return {
    env: () => ({ DATABASE_URL: database.url, DATABASE_MODE: "read-write" }),
    prepare: async () => {},
  };
}
