import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeServer } from "@trestle/testkit";
import { wasmFlags } from "@trestle/testkit/surroundings";
import { afterAll } from "vitest";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
// Making a database takes seconds: once is enough for a contract that is not about it.
const dataDir = mkdtempSync(join(tmpdir(), "trestle-bridge-contract-"));
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
    env: { DATABASE_DATA_DIR: dataDir },
  },
  isOwnProgram: true,
  sampleCalls: {
    database__run_sql: { sql: "select 6 * 7 as answer" },
    database__list_tables: {},
    database__describe_table: { schema: "pg_catalog", table: "pg_class" },
  },
});
