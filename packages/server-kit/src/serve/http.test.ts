import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as FirstClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as FirstTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  ListRootsRequestSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type JsonObject, META, MODERN_VERSION, parseJson, silentLogger } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { type Answer, createTestInstance } from "./_instance.ts";
import type { Presented } from "./authenticate.ts";
import { createHttpEndpoint } from "./http.ts";
import { type ServeHttpOptions, serveHttp } from "./node-http.ts";

const ENVELOPE = { [META.protocolVersion]: MODERN_VERSION, [META.clientCapabilities]: {} };

async function start(answers: Record<string, Answer>, options: Partial<ServeHttpOptions> = {}) {
  const instance = createTestInstance(answers);
  const serving = await serveHttp(instance, { port: 0, log: silentLogger, ...options });
  onTestFinished(() => serving.close());
  return { instance, serving, url: serving.url };
}

interface Sent {
  status: number;
  headers: Headers;
  text: string;
}

async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const response = await fetch(url, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: { x: 1 },
    clientInfo: { name: "c", version: "1" },
  },
};

async function openSession(url: string, headers: Record<string, string> = {}): Promise<string> {
  const { headers: answered } = await post(url, initialize, headers);
  return answered.get("mcp-session-id") ?? "none";
}

function modernCall(
  name: string,
  params: JsonObject = {},
): [body: JsonObject, headers: Record<string, string>] {
  return [
    { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, _meta: ENVELOPE, ...params } },
    { "mcp-protocol-version": MODERN_VERSION, "mcp-method": "tools/call", "mcp-name": name },
  ];
}

for (const modern of [false, true]) {
  const era = modern ? "modern" : "legacy";

  async function connect(url: string, capabilities: JsonObject = {}): Promise<Client> {
    const client = new Client(
      { name: "test", version: "1" },
      {
        capabilities,
        versionNegotiation: { mode: modern ? { pin: MODERN_VERSION } : "legacy" },
      },
    );
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    onTestFinished(() => client.close());
    return client;
  }

  test(`a ${era} result reaches the wire with unknown keys, key order and every digit`, async () => {
    const block =
      '{"zeta":1,"type":"text","text":"x","extra":{"id":9007199254740993},"alpha":[1e400]}';
    const { url } = await start({
      "tools/call": () => parseJson(`{"content":[${block}],"other":true}`) as JsonObject,
    });
    const [body, headers] = modernCall("t");
    const sent = modern
      ? await post(url, body, headers)
      : await post(
          url,
          { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "t" } },
          {
            "mcp-session-id": await openSession(url),
          },
        );
    expect(sent.text).toContain(`"content":[${block}],"other":true`);
  });

  test(`${era} progress and cancellation reach both sides`, async () => {
    const gone = Promise.withResolvers<void>();
    const { url } = await start({
      "tools/call": (_params, { onProgress, signal }) => {
        onProgress?.({ progress: 1, message: "begun" });
        signal.addEventListener("abort", () => gone.resolve());
        return new Promise(() => {});
      },
    });
    const client = await connect(url);
    const stop = new AbortController();
    const call = client.callTool(
      { name: "t" },
      { signal: stop.signal, onprogress: () => stop.abort() },
    );
    await expect(call).rejects.toThrow();
    await gone.promise;
  });

  test(`a ${era} client hears of changed lists`, async () => {
    const { url, instance } = await start({ "tools/list": () => ({ tools: [] }) });
    const client = await connect(url);
    const changed = Promise.withResolvers<void>();
    client.setNotificationHandler("notifications/tools/list_changed", () => changed.resolve());
    if (modern) {
      await client.listen({ toolsListChanged: true });
      instance.emit({ kind: "toolsChanged" });
    } else {
      // The standing stream opens a moment after the handshake: repeat until it is there.
      const timer = setInterval(() => instance.emit({ kind: "toolsChanged" }), 10);
      onTestFinished(() => clearInterval(timer));
    }
    await changed.promise;
  });

  test(`an instance that needs input can ask a ${era} client`, async () => {
    const { url } = await start({
      "tools/call": ({ inputResponses }) =>
        inputResponses
          ? { content: [{ type: "text", text: JSON.stringify(inputResponses) }] }
          : {
              resultType: "input_required",
              inputRequests: {
                who: {
                  method: "elicitation/create",
                  params: { message: "Name?", requestedSchema: { type: "object", properties: {} } },
                },
              },
            },
    });
    const client = await connect(url, { elicitation: { form: {} } });
    client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { a: 1 } }));
    const result = await client.callTool({ name: "t" });
    expect(result.content).toEqual([
      { type: "text", text: '{"who":{"action":"accept","content":{"a":1}}}' },
    ]);
  });
}

test("a client of the v1 SDK lists, calls, is asked, and hears of changes", async () => {
  const { url, instance } = await start({
    "tools/list": () => ({ tools: [{ name: "t", inputSchema: { type: "object" } }] }),
    "tools/call": ({ inputResponses }) =>
      inputResponses
        ? { content: [{ type: "text", text: JSON.stringify(inputResponses) }] }
        : { resultType: "input_required", inputRequests: { roots: { method: "roots/list" } } },
  });
  const client = new FirstClient({ name: "v1", version: "1" }, { capabilities: { roots: {} } });
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: "file:///a" }] }));
  const updated = new Promise((resolve) => {
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
      resolve(params),
    );
  });
  await client.connect(new FirstTransport(new URL(url)) as never);
  onTestFinished(() => client.close());
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["t"]);
  expect((await client.callTool({ name: "t" })).content).toEqual([
    { type: "text", text: '{"roots":{"roots":[{"uri":"file:///a"}]}}' },
  ]);
  await client.subscribeResource({ uri: "a://1" });
  const timer = setInterval(() => instance.emit({ kind: "resourceUpdated", uri: "a://1" }), 10);
  onTestFinished(() => clearInterval(timer));
  expect(await updated).toEqual({ uri: "a://1" });
});

test("a method that does not exist has status 404 in the modern era", async () => {
  const { url } = await start({});
  const body = { jsonrpc: "2.0", id: 1, method: "no/such", params: { _meta: ENVELOPE } };
  const sent = await post(url, body, {
    "mcp-protocol-version": MODERN_VERSION,
    "mcp-method": "no/such",
  });
  expect(sent.status).toBe(404);
  expect(JSON.parse(sent.text).error.code).toBe(-32601);
});

test("an argument that is mirrored in a header must be the same there", async () => {
  const tool = (type: string) => ({
    name: "t",
    inputSchema: { type: "object", properties: { n: { type, "x-mcp-header": "N" } } },
  });
  let type = "string";
  const { url, instance } = await start({
    "tools/list": ({ cursor }) =>
      cursor ? { tools: [tool(type)] } : { tools: [], nextCursor: "2" },
    "tools/call": () => ({ content: [] }),
  });
  async function status(n: unknown, header?: string): Promise<number> {
    const [body, headers] = modernCall("t", { arguments: { n } as JsonObject });
    const sent = await post(
      url,
      body,
      header === undefined ? headers : { ...headers, "mcp-param-n": header },
    );
    if (sent.status !== 200)
      expect(JSON.parse(sent.text)).toMatchObject({ id: 1, error: { code: -32020 } });
    return sent.status;
  }
  expect(await status("a", "a")).toBe(200);
  expect(await status("a")).toBe(400);
  expect(await status("a", "b")).toBe(400);
  expect(await status("é", "=?base64?w6k=?=")).toBe(200);
  expect(await status("é", "=?base64?w6k?=")).toBe(400);
  expect(await status(undefined, "b")).toBe(200);
  type = "integer";
  instance.emit({ kind: "toolsChanged" });
  expect(await status(42, "42.0")).toBe(200);
});

test("a session is known by its id, and ends with DELETE", async () => {
  const { url } = await start({});
  const id = await openSession(url);
  const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
  expect((await post(url, ping, { "mcp-session-id": id })).status).toBe(200);
  expect((await post(url, ping, { "mcp-session-id": "other" })).status).toBe(404);
  expect((await post(url, ping)).status).toBe(400);
  const deleted = await fetch(url, { method: "DELETE", headers: { "mcp-session-id": id } });
  expect(deleted.status).toBe(200);
  expect((await post(url, ping, { "mcp-session-id": id })).status).toBe(404);
});

test("a mounted endpoint shows a session, and serves it to the principal that opened it only", async () => {
  const endpoint = createHttpEndpoint(createTestInstance({}), { log: silentLogger });
  const server = createServer(async (request, response) => {
    const principal = { id: String(request.headers["x-principal"]), kind: "subject" } as const;
    const text = await new Response(Readable.toWeb(request) as ReadableStream).text();
    await endpoint.handle(request, response, { body: JSON.parse(text), principal });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    await endpoint.close();
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const id = await openSession(url, { "x-principal": "ada" });
  const as = (principal: string) => ({ "x-principal": principal, "mcp-session-id": id });
  const setLevel = {
    jsonrpc: "2.0",
    id: 1,
    method: "logging/setLevel",
    params: { level: "error" },
  };
  expect((await post(url, setLevel, as("bob"))).status).toBe(404);
  expect((await post(url, setLevel, as("ada"))).status).toBe(200);
  expect(endpoint.session(id)).toMatchObject({
    id,
    logLevel: "error",
    principal: { id: "ada" },
    client: {
      era: "legacy",
      protocolVersion: "2025-11-25",
      capabilities: { x: 1 },
      info: { name: "c" },
    },
  });
  expect(endpoint.session("other")).toBeUndefined();
});

test("a session unused for half an hour is forgotten", async () => {
  let now = 0;
  const timers: { at: number; work: () => void }[] = [];
  const clock = {
    now: () => now,
    after(ms: number, work: () => void) {
      const timer = { at: now + ms, work };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
  };
  const advance = (to: number): void => {
    now = to;
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.work();
    }
  };
  const { url } = await start({}, { clock });
  const minute = 60_000;
  const [used, unused] = [await openSession(url), await openSession(url)];
  const ping = (id: string) =>
    post(url, { jsonrpc: "2.0", id: 1, method: "ping" }, { "mcp-session-id": id });
  advance(20 * minute);
  expect((await ping(used)).status).toBe(200);
  advance(31 * minute);
  expect((await ping(used)).status).toBe(200);
  expect((await ping(unused)).status).toBe(404);
});

test("where sessions run out the longest unused one goes, and none that is in use", async () => {
  const { url } = await start({}, { maxSessions: 2 });
  const first = await openSession(url);
  const second = await openSession(url);
  const headers = { "mcp-session-id": second, accept: "text/event-stream" };
  const standing = await fetch(url, { headers });
  expect(standing.status).toBe(200);
  const third = await openSession(url);
  const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
  expect((await post(url, ping, { "mcp-session-id": first })).status).toBe(404);
  const alsoStanding = await fetch(url, { headers: { ...headers, "mcp-session-id": third } });
  expect(alsoStanding.status).toBe(200);
  const full = await post(url, initialize);
  expect(full.status).toBe(503);
  expect(full.text).toContain("All 2 sessions are in use");
  await standing.body?.cancel();
  await alsoStanding.body?.cancel();
});

test("a caller without the key is refused and told how to present it", async () => {
  const { url, instance } = await start({}, { bearerKey: "s3cret" });
  const [body, headers] = modernCall("t");
  const none = await post(url, body, headers);
  expect(none.status).toBe(401);
  expect(none.headers.get("www-authenticate")).toBe('Bearer realm="test"');
  const wrong = await post(url, body, { ...headers, authorization: "Bearer nope" });
  expect(wrong.status).toBe(401);
  expect(wrong.headers.get("www-authenticate")).toContain('error="invalid_token"');
  const right = await post(url, body, { ...headers, authorization: "Bearer s3cret" });
  expect(right.status).toBe(200);
  const named = await post(url, body, { ...headers, "x-api-key": "s3cret" });
  expect(named.status).toBe(200);
  const calls = instance.requests.filter(({ method }) => method === "tools/call");
  expect(calls.map(({ context }) => context.principal.kind)).toEqual(["key", "key"]);
  expect((await fetch(new URL("/healthz", url))).status).toBe(200);
});

test("serving beyond this machine needs a key", async () => {
  const options = { host: "0.0.0.0", port: 0, log: silentLogger };
  for (const names of [{}, { allowedHosts: ["example.org"] }]) {
    await expect(serveHttp(createTestInstance({}), { ...options, ...names })).rejects.toMatchObject(
      { code: "invalid_config" },
    );
  }
});

test("whoever serves may tell itself who calls", async () => {
  const seen: Presented[] = [];
  const { url, instance } = await start(
    {},
    {
      authenticate(presented) {
        seen.push(presented);
        if (presented.apiKey === "k") return { id: "key:k", kind: "key", scopes: ["a:b"] };
        if (presented.bearer === undefined) return { refused: "missing", message: "Send a key" };
        return { refused: "limited", message: "Too many", retryAfterMs: 1_500 };
      },
    },
  );
  const [body, headers] = modernCall("t");
  const none = await post(url, body, { ...headers, "x-forwarded-for": "192.0.2.1" });
  expect([none.status, JSON.parse(none.text)]).toEqual([401, { error: "Send a key" }]);
  const limited = await post(url, body, { ...headers, authorization: "Bearer x" });
  expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "2"]);
  expect((await post(url, body, { ...headers, "x-api-key": "k" })).status).toBe(200);
  const [call] = instance.requests;
  expect(call?.context.principal).toEqual({ id: "key:k", kind: "key", scopes: ["a:b"] });
  const local = { remoteAddress: "127.0.0.1", isLoopback: true };
  expect(seen).toEqual([
    { ...local, isLoopback: false },
    { ...local, bearer: "x" },
    { ...local, apiKey: "k" },
  ]);
});

test("a foreign Host or Origin is refused", async () => {
  const { url } = await start({});
  const [body, headers] = modernCall("t");
  expect((await post(url, body, { ...headers, origin: "http://evil.example" })).status).toBe(403);
  expect((await post(url, body, { ...headers, origin: "http://localhost:8080" })).status).toBe(200);
  const status = await new Promise((resolve) => {
    const request = httpRequest(url, { method: "POST", headers: { host: "evil.example" } });
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.end();
  });
  expect(status).toBe(403);
});

test("a body over the limit and one that is no JSON are refused", async () => {
  const { url } = await start({}, { maxBodyBytes: 1000 });
  const large = await post(url, { text: "x".repeat(2000) });
  expect(large.status).toBe(413);
  expect((await post(url, { text: "x".repeat(200_000) })).status).toBe(413);
  const broken = await post(url, "{");
  expect([broken.status, JSON.parse(broken.text).error.code]).toEqual([400, -32700]);
});

test("a message of 64 MiB passes both ways", async () => {
  const { url } = await start({ "tools/call": ({ arguments: given }) => ({ content: [], given }) });
  const text = "x".repeat(64 * 1024 * 1024);
  const [body, headers] = modernCall("t", { arguments: { text } });
  const sent = await post(url, body, headers);
  expect(JSON.parse(sent.text).result.given.text.length).toBe(text.length);
});

test("closing aborts what runs and ends every stream", async () => {
  const started = Promise.withResolvers<AbortSignal>();
  const { url, serving } = await start({
    "tools/call": (_params, { signal }) => {
      started.resolve(signal);
      return new Promise(() => {});
    },
  });
  const session = await openSession(url);
  const standing = await fetch(url, {
    headers: { "mcp-session-id": session, accept: "text/event-stream" },
  });
  const [body, headers] = modernCall("t");
  const running = post(url, body, headers).catch(() => undefined);
  const signal = await started.promise;
  await serving.close();
  expect(signal.aborted).toBe(true);
  await standing.text();
  await running;
});
