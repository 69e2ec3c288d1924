import { createHmac } from "node:crypto";
import { type JsonObject, type RequestContext, silentLogger } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { createTestInstance } from "./_instance.ts";
import { serveHttp } from "./node-http.ts";
import type { SessionSeal } from "./session-ids.ts";

/** Readable, which does no harm here, and bound to a key. */
function sealWith(key: string): SessionSeal {
  const sign = (text: string): string => createHmac("sha256", key).update(text).digest("base64url");
  return {
    seal(facts) {
      if (key === "none") return undefined;
      const text = Buffer.from(JSON.stringify(facts)).toString("base64url");
      return `${text}.${sign(text)}`;
    },
    open(id) {
      const [text = "", mac] = id.split(".");
      return mac === sign(text) ? JSON.parse(Buffer.from(text, "base64url").toString()) : undefined;
    },
  };
}

const DAY = 24 * 3_600_000;
const IDLE = 30 * 60_000;

/** A process that serves; the next one has the same key, and nothing else of the one before. */
async function startProcess(key = "ours") {
  let now = 0;
  const seen: RequestContext[] = [];
  const answer = async (_params: JsonObject, context: RequestContext) => {
    seen.push(context);
    return { tools: [] };
  };
  const serving = await serveHttp(createTestInstance({ "tools/list": answer }), {
    port: 0,
    log: silentLogger,
    clock: { now: () => now, after: () => () => {} },
    sessionIdleMs: IDLE,
    authenticate: ({ apiKey = "ada" }) => ({ id: apiKey, kind: "key" }),
    sessionSeal: sealWith(key),
  });
  onTestFinished(() => serving.close());
  const send = (method: string, body?: JsonObject, headers: Record<string, string> = {}) =>
    fetch(serving.url, {
      method,
      ...(body && { body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }) }),
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
    });
  return {
    seen,
    close: serving.close,
    passes: (ms: number) => {
      now += ms;
    },
    async open(capabilities: JsonObject = { roots: {} }): Promise<string> {
      const clientInfo = { name: "c", version: "1" };
      const params = { protocolVersion: "2025-06-18", capabilities, clientInfo };
      const opened = await send("POST", { method: "initialize", params });
      await opened.text();
      return opened.headers.get("mcp-session-id") ?? "";
    },
    /** The status of a list, and of a DELETE. */
    async list(id: string, as = "ada"): Promise<number> {
      const headers = { "mcp-session-id": id, "x-api-key": as };
      const answered = await send("POST", { method: "tools/list" }, headers);
      await answered.text();
      return answered.status;
    },
    end: async (id: string) => (await send("DELETE", undefined, { "mcp-session-id": id })).status,
  };
}

test("a session outlives its process: the next one serves it as what its client said it is", async () => {
  const first = await startProcess();
  const id = await first.open();
  expect(id.length).toBeLessThanOrEqual(1024);
  expect(await first.list(id)).toBe(200);
  await first.close();
  const second = await startProcess();
  expect(await Promise.all([second.list(id), second.list(id)])).toEqual([200, 200]);
  const [before] = first.seen;
  const [after, again] = second.seen;
  expect(after?.client).toEqual(before?.client);
  expect(before?.session?.isResumed).toBe(false);
  expect(after?.session?.isResumed).toBe(true);
  expect(again?.session, "two requests at once open it once").toBe(after?.session);
});

test("no id opens what is not its caller's, what was changed, or what another key sealed", async () => {
  const first = await startProcess();
  const id = await first.open();
  await first.close();
  const second = await startProcess();
  expect(await second.list(id, "bob")).toBe(404);
  expect(await second.list(`${id}x`)).toBe(404);
  expect(await second.list("nonsense")).toBe(404);
  expect(await (await startProcess("theirs")).list(id)).toBe(404);
  expect(await second.list(id)).toBe(200);
});

test("a session that its client closed stays closed, and one of last week is over", async () => {
  const process = await startProcess();
  const [closed, old] = [await process.open(), await process.open()];
  expect(await process.end(closed)).toBe(200);
  expect(await process.list(closed)).toBe(404);
  const next = await startProcess();
  next.passes(6 * DAY);
  expect(await next.list(old)).toBe(200);
  const later = await startProcess();
  later.passes(7 * DAY);
  expect(await later.list(old)).toBe(404);
});

test("without a key to be had, sessions are opened as ever, in this process only", async () => {
  const first = await startProcess("none");
  const id = await first.open();
  expect(id.length).toBeLessThan(64);
  expect(await first.list(id)).toBe(200);
});

test("a client that says too much of itself gets an id that fits, and opens it in this process only", async () => {
  const first = await startProcess();
  const id = await first.open({ experimental: { long: { text: "x".repeat(2_000) } } });
  expect(id.length).toBeLessThan(64);
  expect(await first.list(id)).toBe(200);
  expect(await (await startProcess()).list(id)).toBe(404);
});
