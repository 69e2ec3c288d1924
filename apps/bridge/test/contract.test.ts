import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeServer } from "@trestle/testkit";
import {
  askPostgres,
  createLocalDatabase,
  hasLocalPostgres,
} from "@trestle/testkit/local-postgres";
import { wasmFlags } from "@trestle/testkit/surroundings";
import { openEmbedded } from "@trestle-mcp/database";
import { afterAll, beforeAll } from "vitest";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "trestle-bridge-contract-"));
// Waking an embedded database takes a second of each process, and the contract is not about it.
const local = (await hasLocalPostgres()) ? await createLocalDatabase() : undefined;
const place: Record<string, string> =
  local === undefined ? { DATABASE_DATA_DIR: folder } : { DATABASE_URL: local.url };
beforeAll(async () => {
  const table = "CREATE TABLE note (n int)";
  if (local !== undefined) return void (await askPostgres(local.url, table));
  const database = openEmbedded({ dataDir: folder });
  await database.script(table);
  await database.close();
});
afterAll(async () => {
  await local?.drop();
  rmSync(folder, { recursive: true, force: true });
});

// Its own tools have a contract of their own.
const configFile = join(folder, "trestle.json");
const database = { embedded: "database" };
const tools = { own: "hidden" };
writeFileSync(configFile, JSON.stringify({ mcpServers: { database }, catalog: { tools } }));

// The bridge is an MCP server like any other, and keeps what those it mounts promise.
describeServer("the bridge over stdio", {
  spawn: {
    command: process.execPath,
    args: [...wasmFlags, bin, "--config", configFile, "serve", "--stdio"],
    env: { ...place, DATABASE_MODE: "read-write" },
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
