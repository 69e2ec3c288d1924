import { EventEmitter } from "node:events";
import {
  isJsonObject,
  type JsonObject,
  type RequestContext,
  silentLogger,
} from "@trestle/protocol";
import { expect, onTestFinished, test, vi } from "vitest";
import { createTestInstance } from "./_instance.ts";
import { serveHttp } from "./node-http.ts";
import type { SessionSiblings } from "./siblings.ts";

/** What replicas have between them. */
function openSiblings() {
  const bus = new EventEmitter();
  const ended = new Set<string>();
  return (name: string): SessionSiblings => ({
    tell: (session, message) => void bus.emit("told", name, session, message),
    listen(listener) {
      const hear = (from: string, session: string, message: JsonObject) => {
        if (from !== name) listener(session, message);
      };
      bus.on("told", hear);
      return () => bus.off("told", hear);
    },
    end: async (session) => void ended.add(session),
    hasEnded: async (session) => ended.has(session),
  });
}

const seal = {
  seal: (facts: JsonObject) => Buffer.from(JSON.stringify(facts)).toString("base64url"),
  open: (id: string) => JSON.parse(Buffer.from(id, "base64url").toString()) as JsonObject,
};

async function startProcess(siblings: SessionSiblings) {
  const waiting: string[] = [];
  const cancelled: string[] = [];
  const ask = async (params: JsonObject, context: RequestContext): Promise<JsonObject> => {
    if (params.name === "wait") {
      waiting.push("wait");
      await new Promise((_, reject) => {
        context.signal.addEventListener("abort", () => {
          cancelled.push("wait");
          reject(context.signal.reason);
        });
      });
    }
    const answer = await context.askClient?.("elicitation/create", {
      message: String(params.name),
      requestedSchema: { type: "object", properties: {} },
    });
    return { content: [{ type: "text", text: `${params.name}: ${JSON.stringify(answer)}` }] };
  };
  const serving = await serveHttp(createTestInstance({ "tools/call": ask }), {
    ...{ port: 0, log: silentLogger, sessionSeal: seal, siblings },
    authenticate: ({ apiKey = "ada" }) => ({ id: apiKey, kind: "key" }),
  });
  onTestFinished(() => serving.close());
  return {
    waiting,
    cancelled,
    send: (body: JsonObject | undefined, session?: string, method = "POST") =>
      fetch(serving.url, {
        method,
        ...(body && { body: JSON.stringify({ jsonrpc: "2.0", ...body }) }),
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          ...(session && { "mcp-session-id": session }),
        },
      }),
  };
}

async function openTwo() {
  const join = openSiblings();
  const [one, other] = [await startProcess(join("one")), await startProcess(join("other"))];
  const clientInfo = { name: "c", version: "1" };
  const params = { protocolVersion: "2025-06-18", capabilities: { elicitation: {} }, clientInfo };
  const opened = await one.send({ id: 0, method: "initialize", params });
  await opened.text();
  return { one, other, session: opened.headers.get("mcp-session-id") ?? "" };
}

/** The messages of a stream, as they come. */
async function* messagesOf(response: Response): AsyncGenerator<JsonObject> {
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: {")) continue;
      const message: unknown = JSON.parse(line.slice(6));
      if (isJsonObject(message)) yield message;
    }
  }
}

async function next(messages: AsyncGenerator<JsonObject>): Promise<JsonObject> {
  return ((await messages.next()).value ?? {}) as JsonObject;
}

const call = (id: number, name: string) => ({ id, method: "tools/call", params: { name } });
const accept = (id: unknown) => ({ id: id as string, result: { action: "accept", content: {} } });

test("an answer that comes to another process reaches the one that asked", async () => {
  const { one, other, session } = await openTwo();
  // Both ask, so that numbers alone would not tell their questions apart.
  const first = messagesOf(await one.send(call(1, "first"), session));
  const second = messagesOf(await other.send(call(2, "second"), session));
  const [asked, askedToo] = [await next(first), await next(second)];
  expect(asked).toMatchObject({ method: "elicitation/create", params: { message: "first" } });

  expect((await other.send(accept(asked.id), session)).status).toBe(202);
  expect(await next(first)).toMatchObject({
    id: 1,
    result: { content: [{ text: expect.stringContaining('first: {"action":"accept"') }] },
  });
  expect((await other.send(accept(askedToo.id), session)).status).toBe(202);
  expect(await next(second)).toMatchObject({ id: 2, result: {} });
});

test("what a client gives up ends wherever it runs", async () => {
  const { one, other, session } = await openTwo();
  one.send(call(7, "wait"), session).catch(() => {});
  await vi.waitFor(() => expect(one.waiting).toHaveLength(1), 10_000);
  const params = { requestId: 7 };
  await other.send({ method: "notifications/cancelled", params }, session);
  await vi.waitFor(() => expect(one.cancelled).toHaveLength(1), 10_000);
});

test("a session that its client closed at one process is closed at all", async () => {
  const { one, other, session } = await openTwo();
  const list = { id: 3, method: "ping" };
  expect((await other.send(list, session)).status).toBe(200);
  expect((await other.send(undefined, session, "DELETE")).status).toBe(200);
  expect((await one.send(list, session)).status).toBe(404);
  expect((await other.send(list, session)).status).toBe(404);
});
