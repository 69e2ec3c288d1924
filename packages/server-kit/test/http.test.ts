import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { expect, test } from "vitest";
import { type SampleProcess, startSample } from "./_sample.ts";

async function serveHttp(...args: string[]): Promise<{ base: string; sample: SampleProcess }> {
  const sample = startSample(["--http", "127.0.0.1:0", ...args]);
  const [, base = ""] = await sample.logged(/"url":"(http:[^"]*)\/mcp"/);
  return { base, sample };
}

test.for(["auto", "legacy"] as const)(
  "serves MCP over HTTP to a client in mode %s",
  async (mode) => {
    const { base } = await serveHttp();
    const client = new Client({ name: "t", version: "1" }, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${base}/mcp`)));
    const { structuredContent } = await client.callTool({
      name: "add_note",
      arguments: { text: "tea" },
    });
    expect(structuredContent).toEqual({ count: 1 });
    await client.close();
  },
);

test("serves every tool as plain HTTP, with typed errors", async () => {
  const { base } = await serveHttp();
  expect(await post(`${base}/tools/add_note`, { text: "tea" })).toEqual([
    200,
    { result: { count: 1 } },
  ]);
  expect(await post(`${base}/tools/list_notes`)).toEqual([200, { result: { notes: ["tea"] } }]);
  expect(await post(`${base}/tools/list_notes`, { limit: 0 })).toMatchObject([
    400,
    {
      error: { code: "invalid_input", retryable: false, message: expect.stringContaining("limit") },
    },
  ]);
  expect(await post(`${base}/tools/fail`, { how: "expected" })).toMatchObject([
    404,
    { error: { code: "not_found" } },
  ]);
  expect(await post(`${base}/tools/nothing`, {})).toMatchObject([
    404,
    { error: { code: "not_found" } },
  ]);
  expect(await post(`${base}/tools/list_notes`, [])).toMatchObject([
    400,
    { error: { code: "invalid_input" } },
  ]);
  expect((await fetch(`${base}/tools/list_notes`)).status).toBe(405);
  expect((await fetch(`${base}/elsewhere`)).status).toBe(404);
});

test("does a write with an Idempotency-Key once", async () => {
  const { base } = await serveHttp();
  const headers = { "idempotency-key": "k1" };
  const first = await post(`${base}/tools/add_note`, { text: "tea" }, headers);
  expect(await post(`${base}/tools/add_note`, { text: "tea" }, headers)).toEqual(first);
  expect(await post(`${base}/tools/add_note`, { text: "milk" }, headers)).toMatchObject([
    409,
    { error: { code: "conflict" } },
  ]);
});

test("describes its tools as OpenAPI 3.1", async () => {
  const { base } = await serveHttp();
  const response = await fetch(`${base}/openapi.json`);
  const document = JSON.parse(await response.text());
  expect(document.openapi).toMatch(/^3\.1/);
  expect(Object.keys(document.paths)).toContain("/tools/add_note");
  const { post: operation } = document.paths["/tools/add_note"];
  expect(operation.requestBody.content["application/json"].schema.required).toEqual(["text"]);
  expect(
    operation.responses["200"].content["application/json"].schema.properties.result,
  ).toHaveProperty("properties.count");
});

test("asks for the key where one is set", async () => {
  const { base, sample } = await serveHttp("--key", "s3cret-key");
  expect((await post(`${base}/tools/list_notes`, {}))[0]).toBe(401);
  expect(
    (await post(`${base}/tools/list_notes`, {}, { authorization: "Bearer s3cret-key" }))[0],
  ).toBe(200);
  expect(sample.stderr()).not.toContain("s3cret-key");
});

test("ends on SIGTERM with code 0, also with a connection open", async () => {
  const { base, sample } = await serveHttp();
  await post(`${base}/tools/list_notes`, {});
  sample.child.kill("SIGTERM");
  expect(await sample.exited).toBe(0);
});

test("refuses to serve other machines without a key", async () => {
  const sample = startSample(["--http", "0.0.0.0:0"]);
  expect(await sample.exited).toBe(78);
  expect(sample.stderr()).toContain("--key or TRESTLE_KEY");
});

test("an address that is none is refused", async () => {
  const sample = startSample(["--http", "127.0.0.1:99999"]);
  expect(await sample.exited).toBe(78);
  expect(sample.stderr()).toContain("is no address");
});

async function post(
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<[number, unknown]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return [response.status, await response.json()];
}
