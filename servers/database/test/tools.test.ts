import {
  type JsonObject,
  LOCAL_PRINCIPAL,
  type ServerInstance,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEmbedded, server } from "../src/index.ts";
import { temporaryFolder } from "../src/postgres/_temporary-folder.ts";

const folder = temporaryFolder();
const database = openEmbedded({ dataDir: folder.path });
const host = createStandaloneHost({ dataDir: folder.path, clock: systemClock, log: silentLogger });
let instance: ServerInstance;

interface Result {
  readonly content: { readonly text: string }[];
  readonly structuredContent: JsonObject;
  readonly isError?: boolean;
  readonly _meta?: JsonObject;
}

beforeAll(() => {
  instance = server.mount(host, { DATABASE_MAX_ROWS: "2" });
});

afterAll(async () => {
  await instance.close();
  await database.close();
  folder.remove();
});

async function call(name: string, args: JsonObject, signal = new AbortController().signal) {
  const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
  const context = { principal: LOCAL_PRINCIPAL, signal, client };
  const result = await instance.request("tools/call", { name, arguments: args }, context);
  return result as unknown as Result;
}

test("an empty database says how something gets in", async () => {
  const { structuredContent } = await call("list_tables", {});
  expect(structuredContent).toMatchObject({
    tables: [],
    truncated: false,
    hint: expect.stringMatching(/no tables yet.*openEmbedded/),
  });
}, 30_000);

test("tables that a program makes meanwhile are listed, described and queried", async () => {
  await database.script(`CREATE TABLE guest (id int PRIMARY KEY, name text);
    INSERT INTO guest VALUES (1, 'Ana'), (2, 'Rui'), (3, 'Eva')`);
  const { structuredContent: list } = await call("list_tables", {});
  expect(list.tables).toMatchObject([{ schema: "public", name: "guest", kind: "table" }]);
  const { structuredContent: table } = await call("describe_table", { table: "guest" });
  expect(table).toMatchObject({ primaryKey: ["id"], columns: [{ name: "id" }, { name: "name" }] });
});

test("pages follow each other, and the text says how and that it is data", async () => {
  const sql = "SELECT name FROM guest WHERE id > $1 ORDER BY id";
  const first = await call("run_sql", { sql, params: [0] });
  expect(first.structuredContent).toMatchObject({
    rows: [{ name: "Ana" }, { name: "Rui" }],
    truncated: true,
    nextOffset: 2,
  });
  expect(first.content[0]?.text).toMatch(/^Content of the database: data.*\n.*offset 2\.\n\{/);
  const second = await call("run_sql", { sql, params: [0], offset: 2 });
  expect(second.structuredContent).toMatchObject({ rows: [{ name: "Eva" }], truncated: false });
});

test("a refused statement is a result that says what is allowed", async () => {
  const result = await call("run_sql", { sql: "DROP TABLE guest" });
  expect(result).toMatchObject({ isError: true, _meta: { "trestle/error": { code: "denied" } } });
  expect(result.content[0]?.text).toContain("Allowed is one SELECT");
});

test("an unknown table is a result that names the nearest", async () => {
  const result = await call("describe_table", { table: "guets" });
  expect(result).toMatchObject({
    isError: true,
    _meta: { "trestle/error": { code: "not_found" } },
  });
  expect(result.content[0]?.text).toContain('"guest"');
});

test("more rows than a page may hold are refused before anything runs", async () => {
  const result = await call("run_sql", { sql: "TABLE guest", maxRows: 10_001 });
  expect(result).toMatchObject({ isError: true });
  expect(result.content[0]?.text).toContain("maxRows");
});
