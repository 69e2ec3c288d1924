import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { silentLogger } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { initialize, openSession, post, start } from "./_http.ts";
import { createTestInstance } from "./_instance.ts";
import { createHttpEndpoint } from "./http.ts";

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

/** Whoever is named in a header is whoever asks. */
async function startNamed(options: { maxSessions?: number } = {}) {
  const endpoint = createHttpEndpoint(createTestInstance({}), { log: silentLogger, ...options });
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
  return { endpoint, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

test("a mounted endpoint shows a session, and serves it to the principal that opened it only", async () => {
  const { endpoint, url } = await startNamed();
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

test("who opens sessions without end takes the places of its own", async () => {
  const { url } = await startNamed({ maxSessions: 4 });
  const ada = { "x-principal": "ada" };
  const id = await openSession(url, ada);
  for (let count = 0; count < 10; count += 1) await openSession(url, { "x-principal": "bob" });
  const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
  expect((await post(url, ping, { ...ada, "mcp-session-id": id })).status).toBe(200);
});
