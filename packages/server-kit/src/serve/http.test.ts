import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as FirstClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as FirstTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  ListRootsRequestSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type JsonObject, MODERN_VERSION, parseJson } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { ENVELOPE, modernCall, openSession, post, start } from "./_http.ts";
import { refuseForeign } from "./_instance.ts";

type Mode = "legacy" | { pin: string };

async function connectAs(mode: Mode, url: string, capabilities: JsonObject): Promise<Client> {
  const client = new Client(
    { name: "test", version: "1" },
    { capabilities, versionNegotiation: { mode } },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  onTestFinished(() => client.close());
  return client;
}

const MODERN: Mode = { pin: MODERN_VERSION };

for (const modern of [false, true]) {
  const era = modern ? "modern" : "legacy";
  const connect = (url: string, capabilities: JsonObject = {}): Promise<Client> =>
    connectAs(modern ? MODERN : "legacy", url, capabilities);

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

test("a modern client hears nothing of a resource that it was refused", async () => {
  const { url, instance } = await start({ "resources/subscribe": refuseForeign });
  const client = await connectAs(MODERN, url, {});
  const heard = Promise.withResolvers<string>();
  client.setNotificationHandler("notifications/resources/updated", ({ params }) =>
    heard.resolve(params.uri),
  );
  await client.listen({ resourceSubscriptions: ["a://foreign", "a://own"] });
  instance.emit({ kind: "resourceUpdated", uri: "a://foreign" });
  instance.emit({ kind: "resourceUpdated", uri: "a://own" });
  expect(await heard.promise).toBe("a://own");
});

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
