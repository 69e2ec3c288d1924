import type { IncomingMessage, ServerResponse } from "node:http";
import type { JsonObject, Progress } from "@trestle/protocol";
import { parseJson } from "@trestle/protocol";
import { afterEach, describe, expect, test } from "vitest";
import type { UpstreamEvent } from "../src/index.ts";
import { context, until, upstreamOf } from "./_parts.ts";
import { type HttpFixture, serve, serveV1, serveV2 } from "./fixtures/http-servers.ts";

const call = (name: string, args: JsonObject = {}) => ({ name, arguments: args });
const open: HttpFixture[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** A server that answers each JSON-RPC request as `reply` says; `discover` and `initialize` are taken care of. */
async function scripted(
  era: "legacy" | "modern",
  reply: (message: { id: number; method: string; params: JsonObject }, exchange: Exchange) => void,
): Promise<HttpFixture> {
  const server = await serve(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const message = text === "" ? {} : JSON.parse(text);
    const { method, id } = message;
    const send = (result: unknown, headers = {}) =>
      response
        .writeHead(200, { "content-type": "application/json", ...headers })
        .end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    const refuse = () =>
      response.writeHead(400, { "content-type": "application/json" }).end(
        JSON.stringify({
          jsonrpc: "2.0",
          id,
          error: { code: -32000, message: "Not initialized" },
        }),
      );
    if (method === "server/discover")
      return void (era === "legacy"
        ? refuse()
        : send({ supportedVersions: ["2026-07-28"], capabilities: { tools: {} } }));
    if (method === "initialize")
      return void send(
        {
          protocolVersion: "2025-11-25",
          capabilities: {},
          serverInfo: { name: "s", version: "1" },
        },
        { "mcp-session-id": "s1" },
      );
    if (method === "notifications/initialized") return void response.writeHead(202).end();
    reply({ params: {}, ...message }, { request, response, send });
  });
  open.push(server);
  return server;
}
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  send(result: unknown): void;
}

test("a session the server forgot is opened anew, and the refused request repeated once", async () => {
  const server = await serveV1();
  open.push(server);
  const upstream = upstreamOf({ kind: "http", url: server.url });
  const seen: UpstreamEvent[] = [];
  upstream.subscribe((event) => seen.push(event));
  await upstream.request("resources/subscribe", { uri: "test://note" }, context());
  server.forget();
  const texts = ["a", "b", "c"];
  const answers = await Promise.all(
    texts.map((text) => upstream.request("tools/call", call("echo", { text }), context())),
  );
  expect(answers.map(({ content }) => (content as JsonObject[])[0]?.text)).toEqual(texts);
  expect(server.sessions()).toBe(1);
  await until(async () => {
    await upstream.request("tools/call", call("touch"), context());
    return seen.some(({ kind }) => kind === "resourceUpdated");
  });
  await upstream.close();
  expect(server.sessions(), "closing ends the session").toBe(0);
});

test.each(["legacy", "modern"] as const)("HTTP 429 carries its Retry-After (%s)", async (era) => {
  const server = await scripted(era, (_message, { response }) =>
    response.writeHead(429, { "retry-after": "7" }).end(),
  );
  const upstream = upstreamOf({ kind: "http", url: server.url });
  await expect(upstream.request("tools/call", call("x"), context())).rejects.toMatchObject({
    code: "rate_limited",
    retryAfterMs: 7_000,
  });
});

test.each(["legacy", "modern"] as const)(
  "an answer that breaks off leaves the outcome unknown (%s)",
  async (era) => {
    const server = await scripted(era, ({ params }, { response }) => {
      if (params.name === "reset") return void response.destroy();
      response.writeHead(200, {
        "content-type": params.name === "json" ? "application/json" : "text/event-stream",
      });
      response.write('{"jsonrpc"');
      setImmediate(() => response.destroy());
    });
    const upstream = upstreamOf({ kind: "http", url: server.url });
    for (const name of ["reset", "json", "sse"])
      await expect(upstream.request("tools/call", call(name), context())).rejects.toMatchObject({
        code: "outcome_unknown",
        details: { upstream: "peer", sent: true },
      });
    expect(upstream.health().state).toBe("ready");
  },
);

test("an answer that is no JSON-RPC leaves the outcome unknown", async () => {
  const server = await scripted("modern", (_message, { response }) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<h1>hello"),
  );
  const upstream = upstreamOf({ kind: "http", url: server.url });
  await expect(upstream.request("tools/call", call("x"), context())).rejects.toMatchObject({
    code: "outcome_unknown",
  });
});

test("an answer stream that a legacy server closes early is continued behind its last event", async () => {
  let resumed: string | undefined;
  const server = await scripted("legacy", ({ id, params }, { request, response }) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const progress = { progressToken: (params._meta as JsonObject)?.progressToken, progress: 1 };
    if (request.method === "POST")
      return void response.end(
        `id: e1\nretry: 10\ndata: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: progress })}\n\n`,
      );
    if (request.headers["last-event-id"] === undefined) return;
    resumed = String(request.headers["last-event-id"]);
    response.end(
      `id: e2\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: id ?? 3, result: { content: [] } })}\n\n`,
    );
  });
  const upstream = upstreamOf({ kind: "http", url: server.url });
  const seen: Progress[] = [];
  const result = upstream.request(
    "tools/call",
    call("x"),
    context({ onProgress: (step) => seen.push(step) }),
  );
  expect(await result).toEqual({ content: [] });
  expect(resumed).toBe("e1");
  expect(seen).toEqual([{ progress: 1 }]);
});

test("redirects are followed within the origin, and named when they leave it", async () => {
  const target = await scripted("modern", (_message, { send }) => send({ content: [] }));
  const server = await serve(
    (_request, response) => void response.writeHead(307, { location: target.url }).end(),
  );
  const inner = await serve((request, response) => {
    if (request.url === "/old") return void response.writeHead(308, { location: "/mcp" }).end();
    target.server.emit("request", request, response);
  }, "/old");
  open.push(server, inner);
  const away = upstreamOf({ kind: "http", url: server.url });
  await expect(away.ready()).rejects.toThrow(/redirects to http:\/\/127/);
  const within = upstreamOf({ kind: "http", url: inner.url });
  expect(await within.request("tools/call", call("x"), context())).toEqual({ content: [] });
});

test("a server that fell back to the legacy era is found out anew", async () => {
  let era: "legacy" | "modern" = "modern";
  const servers = {
    modern: await scripted("modern", (_message, { send }) => send({ content: ["modern"] })),
    legacy: await serveV1(),
  };
  const server = await serve((request, response) => {
    servers[era].server.emit("request", request, response);
  });
  open.push(server, servers.legacy);
  const upstream = upstreamOf({ kind: "http", url: server.url });
  expect(await upstream.request("tools/call", call("x"), context())).toEqual({
    content: ["modern"],
  });
  era = "legacy";
  await expect(upstream.request("tools/call", call("x"), context())).rejects.toThrow();
  const result = await upstream.request("tools/call", call("echo", { text: "hi" }), context());
  expect(result).toMatchObject({ content: [{ text: "hi" }] });
  expect(upstream.health()).toMatchObject({ era: "legacy" });
});

test.each(["application/json", "text/event-stream"])(
  "messages of 64 MiB go both ways, digits and unknown fields kept (%s)",
  { timeout: 60_000 },
  async (type) => {
    const bytes = 64 * 1024 * 1024;
    let received = "";
    const server = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      const { id, method } = JSON.parse(text);
      if (method === "tools/call") received = text;
      const result =
        method === "server/discover"
          ? '{"supportedVersions":["2026-07-28"],"capabilities":{}}'
          : `{"content":[{"type":"text","text":"${"x".repeat(bytes)}","x-n":9007199254740993}]}`;
      const body = `{"jsonrpc":"2.0","id":${id},"result":${result}}`;
      response.writeHead(200, { "content-type": type });
      response.end(type === "application/json" ? body : `event: message\ndata: ${body}\n\n`);
    });
    open.push(server);
    const upstream = upstreamOf({ kind: "http", url: server.url });
    const params = call("x", { text: "y".repeat(bytes), n: parseJson("9007199254740993") });
    const result = await upstream.request("tools/call", params, context());
    const [content] = result.content as { text: string }[];
    expect(content?.text.length).toBe(bytes);
    expect(JSON.stringify({ ...content, text: "" })).toBe(
      '{"type":"text","text":"","x-n":9007199254740993}',
    );
    expect(received.length).toBeGreaterThan(bytes);
    expect(received).toContain('"n":9007199254740993');
  },
);

describe("the modern era over HTTP", () => {
  test("repeats method, name and marked arguments in headers, and the server agrees", async () => {
    const server = await serveV2();
    open.push(server);
    const upstream = upstreamOf({ kind: "http", url: server.url });
    await upstream.request("tools/list", {}, context());
    for (const region of ["eu-west", " Zürich", "=?base64?eA==?="]) {
      const result = await upstream.request("tools/call", call("region", { region }), context());
      expect(result).toMatchObject({ content: [{ text: region }] });
    }
    expect(server.seen).toContain("POST tools/call");
  });

  test("cancels by closing the answer stream", async () => {
    let asked = 0;
    let closed = 0;
    const server = await scripted("modern", ({ method }, { response }) => {
      if (method === "tools/call") asked += 1;
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      response.once("close", () => {
        closed += 1;
      });
    });
    const upstream = upstreamOf({ kind: "http", url: server.url });
    await upstream.ready();
    const control = new AbortController();
    const waiting = upstream.request("tools/call", call("x"), context({ signal: control.signal }));
    waiting.catch(() => {});
    await until(() => asked === 1);
    control.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled", details: { sent: true } });
    await until(() => closed === 1);
  });

  test("opens its subscription stream again when it ends, and tells what may have been missed", async () => {
    let listens = 0;
    const server = await scripted("modern", ({ id, method }, { response }) => {
      if (method !== "subscriptions/listen") return;
      listens += 1;
      const params = { _meta: { "io.modelcontextprotocol/subscriptionId": id } };
      const acknowledged = {
        jsonrpc: "2.0",
        method: "notifications/subscriptions/acknowledged",
        params,
      };
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(acknowledged)}\n\n`);
      if (listens === 2) response.end();
    });
    const upstream = upstreamOf({ kind: "http", url: server.url }, { random: () => 0 });
    const seen: UpstreamEvent[] = [];
    upstream.subscribe((event) => event.kind !== "connected" && seen.push(event));
    for (const uri of ["a://1", "a://2"])
      await upstream.request("resources/subscribe", { uri }, context());
    await until(() => listens === 3 && seen.length === 2);
    expect(seen).toEqual(["a://1", "a://2"].map((uri) => ({ kind: "resourceUpdated", uri })));
  });
});
