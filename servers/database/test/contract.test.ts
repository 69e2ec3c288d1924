import process from "node:process";
import { fileURLToPath } from "node:url";
import { describeServer } from "@trestle/testkit";
import { wasmFlags } from "@trestle/testkit/surroundings";
import { afterAll } from "vitest";
import { server } from "../src/index.ts";
import { temporaryFolder } from "../src/postgres/_temporary-folder.ts";

/** One database for all: making one takes seconds, and each test has a home of its own. */
const folder = temporaryFolder();
const place = { DATABASE_DATA_DIR: folder.path };
afterAll(folder.remove);

const bin = new URL("../src/bin.ts", import.meta.url);

describeServer("database", {
  spawn: { command: process.execPath, args: [...wasmFlags, fileURLToPath(bin)], env: place },
  definition: server,
  settings: place,
  sampleCalls: {
    run_sql: { sql: "SELECT $1::int AS n, now() AS time", params: [1] },
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
