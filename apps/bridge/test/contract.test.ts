import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeServer } from "@trestle/testkit";
import { wasmFlags } from "@trestle/testkit/surroundings";
import { openEmbedded } from "@trestle-mcp/database";
import { afterAll, beforeAll } from "vitest";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
// Making a database takes seconds: once is enough for a contract that is not about it.
const dataDir = mkdtempSync(join(tmpdir(), "trestle-bridge-contract-"));
beforeAll(async () => {
  const database = openEmbedded({ dataDir });
  await database.script("CREATE TABLE note (n int)");
  await database.close();
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

// Its own tools have a contract of their own.
const configFile = join(dataDir, "trestle.json");
const database = { embedded: "database" };
const tools = { own: "hidden" };
writeFileSync(configFile, JSON.stringify({ mcpServers: { database }, catalog: { tools } }));

// The bridge is an MCP server like any other, and keeps what those it mounts promise.
describeServer("the bridge over stdio", {
  spawn: {
    command: process.execPath,
    args: [...wasmFlags, bin, "--config", configFile, "serve", "--stdio"],
    env: { DATABASE_DATA_DIR: dataDir, DATABASE_MODE: "read-write" },
  },
  isOwnProgram: true,
  sampleCalls: {
    database__run_sql: { sql: "select 6 * 7 as answer" },
    database__list_tables: {},
    database__describe_table: { schema: "pg_catalog", table: "pg_class" },
    database__run_transaction: { statements: ["select 1", "select 2"] },
    database__explain_query: { sql: "select * from note" },
    database__search_objects: { query: "note" },
    database__select_rows: { table: "note" },
    database__insert_rows: { table: "note", rows: [{ n: 2 }] },
    database__update_rows: { table: "note", set: { n: 3 }, where: { n: 2 } },
  },
});
