import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratchForTests } from "@trestle/testkit/scratch-install";
import { server as database } from "@trestle-mcp/database";
import { server as orchestrator } from "@trestle-mcp/orchestrator";
import {
  type CallHost,
  createStandaloneHost,
  type Host,
  type JsonObject,
  LOCAL_PRINCIPAL,
  type ServerInstance,
  systemClock,
} from "@trestle-mcp/server-kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { server as documents } from "./server.ts";

const samples = fileURLToPath(new URL("../samples", import.meta.url));
const schema = readFileSync(new URL("../schema.sql", import.meta.url), "utf8");
const context = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
} as const;
const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

/** Too heavy for a workspace that needs it for one test. */
const ocr = await scratchForTests({
  dependencies: {
    "tesseract.js": "7.0.0",
    "@tesseract.js-data/por": "1.0.0",
    "@tesseract.js-data/eng": "1.0.0",
  },
});

const servers = new Map<string, ServerInstance>();
const closing: { close(): Promise<void> }[] = [];

const folder = mkdtempSync(join(tmpdir(), "trestle-example-"));

/** All three of them, which call each other as they do in the bridge. */
beforeAll(async () => {
  const port: CallHost = {
    listTools: async () => [],
    callTool: (server, tool, args) => raw(server, tool, args),
  };
  for (const [name, definition, settings] of [
    ["documents", documents, { DOCUMENTS_DIR: samples, DOCUMENTS_OCR: ocr ?? folder }],
    ["database", database, { DATABASE_MODE: "admin" }],
    ["orchestrator", orchestrator, {}],
  ] as const) {
    const dataDir = `${folder}/${name}`;
    const host = createStandaloneHost({ dataDir, clock: systemClock, log: quiet as never });
    const mounted: Host = { ...host, forCall: () => port, forGrant: () => port };
    const instance = definition.mount(mounted, settings);
    servers.set(name, instance);
    closing.unshift(instance, host);
  }
  for (const sql of schema.split(";\n").filter((each) => each.trim() !== ""))
    await call("database", "run_sql", { sql });
}, 300_000);

afterAll(async () => {
  for (const each of closing) await each.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function raw(server: string, tool: string, args: JsonObject): Promise<JsonObject> {
  const instance = servers.get(server);
  if (instance === undefined) throw new Error(`There is no ${server}`);
  return instance.request("tools/call", { name: tool, arguments: args }, context);
}

async function call(server: string, tool: string, args: JsonObject) {
  const result = await raw(server, tool, args);
  if (result.isError) throw new Error(JSON.stringify(result.content));
  return result.structuredContent as JsonObject;
}

const run = (workflow: string, input: JsonObject) =>
  call("orchestrator", "execute_workflow", { workflow, input, wait_seconds: 120 });

test("reservations of a document are in the database, with calendar and occupancy", async () => {
  const input = { path: "reservations.pdf", from: "2026-07-01", to: "2026-08-01" };
  const ended = await run("property_management", input);
  expect(ended).toMatchObject({
    status: "succeeded",
    output: { stored: 2, occupancy: { nights: 31, occupied: 14, rate: 0.4516 } },
  });
  const { calendar } = ended.output as { calendar: JsonObject[] };
  expect(calendar[2]).toEqual({
    ...{ day: "2026-07-03", arrivals: ["Maria Fernandes"], departures: [] },
    guests: ["Maria Fernandes"],
  });
  const sql = "SELECT code, guest, check_in, total FROM reservations ORDER BY code";
  expect(await call("database", "run_sql", { sql })).toMatchObject({
    rows: [
      { code: "HM-2041", guest: "Maria Fernandes", check_in: "2026-07-03", total: "1240.50" },
      { code: "HM-2042", guest: "John Smith", check_in: "2026-07-12", total: "1060.00" },
    ],
  });
  expect(await run("property_management", input)).toMatchObject({ status: "succeeded" });
}, 300_000);

test.skipIf(ocr === undefined)(
  "a scanned page is recognized, analyzed and stored",
  async () => {
    expect(await run("ocr_processing", { path: "scanned.pdf" })).toMatchObject({
      status: "succeeded",
      output: { pages: 1, method: "ocr", kind: "reservation" },
    });
    const sql = "SELECT language, summary, content FROM documents";
    expect(await call("database", "run_sql", { sql })).toMatchObject({
      rows: [
        {
          language: "por",
          summary: "1 reservation: HM-2043",
          content: expect.stringContaining("Hóspede: Ana Sousa"),
        },
      ],
    });
  },
  300_000,
);

test("where text recognition is not installed, it is said how it is", async () => {
  const host = createStandaloneHost({
    ...{ dataDir: join(folder, "bare"), clock: systemClock, log: quiet as never },
  });
  const bare = documents.mount(host, { DOCUMENTS_DIR: samples, DOCUMENTS_OCR: folder });
  closing.unshift(bare, host);
  const asked = { name: "extract_text", arguments: { path: "scanned.pdf" } };
  const { isError, content } = await bare.request("tools/call", asked, context);
  expect(isError).toBe(true);
  expect(JSON.stringify(content)).toContain("npm install --prefix ocr tesseract.js");
});

test("nothing outside of the folder is read", async () => {
  for (const path of ["../package.json", "/etc/passwd", "none.pdf"])
    await expect(call("documents", "extract_text", { path })).rejects.toThrow("There is no");
});
