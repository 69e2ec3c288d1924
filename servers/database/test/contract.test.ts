import process from "node:process";
import { fileURLToPath } from "node:url";
import { describeServer } from "@trestle/testkit";
import { wasmFlags } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll } from "vitest";
import { openEmbedded, server } from "../src/index.ts";
import { temporaryFolder } from "../src/postgres/_temporary-folder.ts";

/** One database for all: making one takes seconds, and each test has a home of its own. */
const folder = temporaryFolder();
const place = { DATABASE_DATA_DIR: folder.path, DATABASE_MODE: "read-write" };
afterAll(folder.remove);

beforeAll(async () => {
  const database = openEmbedded({ dataDir: folder.path });
  await database.script("CREATE TABLE note (n int, text text); INSERT INTO note VALUES (1, 'one')");
  await database.close();
}, 60_000);

const bin = new URL("../src/bin.ts", import.meta.url);

describeServer("database", {
  spawn: { command: process.execPath, args: [...wasmFlags, fileURLToPath(bin)], env: place },
  definition: server,
  settings: place,
  sampleCalls: {
    run_sql: { sql: "SELECT $1::int AS n, now() AS time", params: [1] },
    run_transaction: { statements: [{ sql: "SELECT 1" }, { sql: "SELECT count(*) FROM note" }] },
    explain_query: { sql: "SELECT * FROM note" },
    select_rows: { table: "note", where: { n: 1 } },
    insert_rows: { table: "note", rows: [{ n: 2, text: "two" }] },
    update_rows: { table: "note", set: { text: "second" }, where: { n: 2 } },
    search_objects: { query: "note" },
    list_tables: { schema: "information_schema" },
    describe_table: { table: "pg_class", schema: "pg_catalog" },
  },
  longCall: {
    tool: "run_sql",
    arguments: {
      sql: "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
    },
  },
});
