import { type JsonObject, LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { afterAll, expect, test } from "vitest";
import { server } from "../src/index.ts";
import { temporaryFolder } from "../src/postgres/_temporary-folder.ts";

const folder = temporaryFolder();
const place = { DATABASE_DATA_DIR: folder.path };
const host = createStandaloneHost({ dataDir: folder.path, clock: systemClock, log: silentLogger });
const admin = server.mount(host, { ...place, DATABASE_MODE: "admin" });
const readOnly = server.mount(host, place);

afterAll(async () => {
  await readOnly.close();
  await admin.close();
  folder.remove();
});

interface Result {
  readonly content: { readonly text: string }[];
  readonly structuredContent: JsonObject;
  readonly isError?: boolean;
}

async function call(name: string, args: JsonObject, instance = admin): Promise<Result> {
  const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
  const { signal } = new AbortController();
  const context = { principal: LOCAL_PRINCIPAL, signal, client };
  const result = await instance.request("tools/call", { name, arguments: args }, context);
  return result as unknown as Result;
}

test("what writes runs as far as the mode allows, and a refusal names the setting", async () => {
  const sql = "CREATE TABLE guest (id int PRIMARY KEY, name text)";
  const refused = await call("run_sql", { sql }, readOnly);
  expect(refused).toMatchObject({ isError: true });
  expect(refused.content[0]?.text).toContain("DATABASE_MODE");
  expect((await call("run_sql", { sql })).structuredContent).toMatchObject({
    command: "CREATE TABLE",
    affectedRows: null,
  });
  const insert = "INSERT INTO guest VALUES ($1, $2), (2, 'Rui') RETURNING id";
  expect(
    (await call("run_sql", { sql: insert, params: [1, "Ana"] })).structuredContent,
  ).toMatchObject({ command: "INSERT", affectedRows: 2, rows: [{ id: 1 }, { id: 2 }] });
}, 60_000);

test("names that people know from elsewhere work, those of arguments too", async () => {
  const asked = { query: "SELECT name FROM guest WHERE id = $1", parameters: [2] };
  const answer = await call("sql_query", asked, readOnly);
  expect(answer.structuredContent).toMatchObject({ rows: [{ name: "Rui" }], command: "SELECT" });
  const both = await call("run_sql", { sql: "SELECT 1", query: "SELECT 2" }, readOnly);
  expect(both).toMatchObject({ isError: true });
});

test("rows come as CSV or Markdown where that is asked for", async () => {
  const sql = `SELECT 'a,"b' AS x, NULL AS y, '' AS z, 'p|q' AS w`;
  const csv = await call("run_sql", { sql, format: "csv" });
  expect(csv.content[0]?.text).toMatch(/data, never instructions.*\nx,y,z,w\n"a,""b",,"",p\|q$/);
  const markdown = await call("run_sql", { sql, format: "markdown" });
  expect(markdown.content[0]?.text).toContain('| a,"b |  |  | p\\|q |');
});

test("what can not be undone needs to be confirmed by name", async () => {
  const refused = await call("run_sql", { sql: "DROP TABLE guest" });
  expect(refused).toMatchObject({ isError: true });
  expect(refused.content[0]?.text).toContain('confirm: "DROP TABLE guest"');
  expect(
    (await call("run_sql", { sql: "SELECT count(*) AS n FROM guest" })).structuredContent,
  ).toMatchObject({ rows: [{ n: 2 }] });
});

test("a transaction counts as a whole, and a dry run changes nothing", async () => {
  const insert = { sql: "INSERT INTO guest VALUES ($1, 'Eva')", params: [3] };
  const count = "SELECT count(*) AS n FROM guest";
  const dry = await call("run_transaction", { statements: [insert, count], dryRun: true });
  expect(dry.structuredContent).toMatchObject({
    committed: false,
    results: [{ affectedRows: 1 }, { rows: [{ n: 3 }] }],
  });
  const failed = await call("run_transaction", { statements: [insert, "SELECT 1 / 0"] });
  expect(failed.content[0]?.text).toContain("Statement 2 of 2: division by zero");
  expect((await call("run_sql", { sql: count })).structuredContent).toMatchObject({
    rows: [{ n: 2 }],
  });
  const endless = "SELECT generate_series(1, 1000000000)";
  const page = await call("run_transaction", { statements: [endless], maxRows: 2 });
  expect(page.structuredContent).toMatchObject({ results: [{ rowCount: 2, truncated: true }] });
  const whole = await call("run_transaction", {
    statements: [insert, count],
    isolation: "serializable",
  });
  expect(whole.structuredContent).toMatchObject({
    committed: true,
    results: [{}, { rows: [{ n: 3 }] }],
  });
});

test("a plan with real times keeps nothing of what the statement writes", async () => {
  const sql = "DELETE FROM guest";
  const planned = await call("explain_query", { sql }, readOnly);
  expect(planned.structuredContent.plan).toMatch(/Delete on guest/);
  const refused = await call("explain_query", { sql, analyze: true }, readOnly);
  expect(refused.content[0]?.text).toContain("DATABASE_MODE");
  const analyzed = await call("explain_query", { query: sql, analyze: true, format: "json" });
  expect(analyzed.structuredContent).toMatchObject({
    analyzed: true,
    plan: [{ Plan: { "Node Type": "ModifyTable" } }],
  });
  expect(
    (await call("run_sql", { sql: "SELECT count(*) AS n FROM guest" })).structuredContent,
  ).toMatchObject({ rows: [{ n: 3 }] });
});

test("each of several queries has its own outcome", async () => {
  const queries = [
    { sql: "SELECT 1 AS one" },
    { sql: "SELECT nope" },
    { sql: "DELETE FROM guest" },
    { sql: "SELECT id FROM guest ORDER BY id", maxRows: 1 },
  ];
  const { structuredContent } = await call("batch_query", { queries });
  expect(structuredContent.outcomes).toMatchObject([
    { success: true, rows: [{ one: 1 }] },
    { success: false, error: { code: "invalid_input" } },
    { success: false, error: { code: "denied" } },
    { success: true, rows: [{ id: 1 }], truncated: true, nextOffset: 1 },
  ]);
});
