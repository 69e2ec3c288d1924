import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { request } from "node:http";
import {
  createLineSplitter,
  isJsonObject,
  type JsonObject,
  META,
  parseJson,
} from "@trestle/protocol";
import { end } from "./_bridge.ts";
import type { Reach } from "./_clients.ts";

export type RawEra = "legacy" | "modern";

/** A client that parses nothing but the frame: an answer is the text that stood on the wire. */
export interface RawClient {
  readonly era: RawEra;
  /** The whole JSON-RPC answer. */
  request(method: string, params?: JsonObject, id?: number): Promise<string>;
  notify(method: string, params: JsonObject): Promise<void>;
  /** As the era and the transport have it: by a message, or by leaving. */
  cancel(id: number): Promise<void>;
  /** Asks to be told of changes, and resolves when the server has agreed. */
  listen(wanted: { resourceSubscriptions: string[]; toolsListChanged: true }): Promise<void>;
  /** The lines that were no answers, in their order. */
  readonly notifications: string[];
  /** Resolves with the first notification, after so many and now or later, that contains this text. */
  heard(text: string, after?: number): Promise<string>;
  close(): Promise<void>;
}

const opening: JsonObject = {
  protocolVersion: "2025-11-25",
  clientInfo: { name: "raw", version: "1" },
};
const envelope: JsonObject = {
  [META.protocolVersion]: "2026-07-28",
  [META.clientCapabilities]: {},
};

export async function connectRaw(
  era: RawEra,
  reach: Reach,
  capabilities: JsonObject = {},
): Promise<RawClient> {
  const inbox = createInbox();
  const client =
    "url" in reach ? httpClient(era, reach.url, inbox) : stdioClient(era, reach, inbox);
  if (era === "legacy") {
    await client.request("initialize", { ...opening, capabilities });
    await client.notify("notifications/initialized", {});
  }
  return client;
}

interface Inbox {
  readonly notifications: string[];
  take(line: string): void;
  heard(text: string, after?: number): Promise<string>;
}

function createInbox(): Inbox {
  const notifications: string[] = [];
  let wake = (): void => {};
  return {
    notifications,
    take(line) {
      notifications.push(line);
      wake();
    },
    async heard(text, after = 0) {
      for (;;) {
        const found = notifications.slice(after).find((line) => line.includes(text));
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

function encode(era: RawEra, message: JsonObject): string {
  if (era === "legacy") return JSON.stringify({ jsonrpc: "2.0", ...message });
  const params = (message.params ?? {}) as JsonObject;
  const _meta = { ...(params._meta as JsonObject | undefined), ...envelope };
  return JSON.stringify({ jsonrpc: "2.0", ...message, params: { ...params, _meta } });
}

function stdioClient(era: RawEra, reach: Exclude<Reach, { url: string }>, inbox: Inbox): RawClient {
  const child: ChildProcessWithoutNullStreams = spawn(reach.command, reach.args, {
    env: reach.env,
  });
  child.stderr.resume();
  const waiting = new Map<unknown, (line: string) => void>();
  const splitter = createLineSplitter();
  child.stdout.on("data", (chunk: Buffer) => {
    for (const line of splitter.push(chunk).lines) {
      const message = parseJson(line);
      const id = isJsonObject(message) ? message.id : undefined;
      if (id === undefined) inbox.take(line);
      else waiting.get(id)?.(line);
    }
  });
  let lastId = 0;
  return {
    era,
    ...inbox,
    request(method, params = {}, id = ++lastId + 1_000) {
      const answer = new Promise<string>((resolve) => waiting.set(id, resolve));
      child.stdin.write(`${encode(era, { id, method, params })}\n`);
      return answer;
    },
    async notify(method, params) {
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
    },
    cancel(id) {
      return this.notify("notifications/cancelled", { requestId: id });
    },
    listen(wanted) {
      return startListening(this, wanted);
    },
    close: async () => void (await end(child)),
  };
}

function httpClient(era: RawEra, url: string, inbox: Inbox): RawClient {
  let lastId = 0;
  let session: string | undefined;
  const open = new Set<{ destroy(): void }>();
  const byId = new Map<unknown, { destroy(): void }>();

  /** The standing stream on which the handshake era sends what answers no request. */
  function openStream(): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { accept: "text/event-stream", "mcp-session-id": String(session) };
      const sent = request(url, { headers }, (response) => {
        const splitter = createLineSplitter();
        response.on("data", (chunk: Buffer) => {
          for (const line of splitter.push(chunk).lines)
            if (line.startsWith("data: {")) inbox.take(line.slice(6));
        });
        response.once("error", () => {});
        resolve();
      });
      open.add(sent);
      sent.once("error", reject).end();
    });
  }

  function send(message: JsonObject, expected: unknown): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = headersOf(era, message, session);
      const sent = request(url, { method: "POST", headers }, (response) => {
        session ??= response.headers["mcp-session-id"] as string | undefined;
        const isStream = response.headers["content-type"]?.includes("event-stream");
        const splitter = createLineSplitter();
        const take = (line: string): void => {
          const value = parseJson(line);
          if (isJsonObject(value) && value.id === expected) resolve(line);
          else inbox.take(line);
        };
        response.on("data", (chunk: Buffer) => {
          for (const line of splitter.push(chunk).lines)
            if (line.startsWith("data: {")) take(line.slice(6));
        });
        const parts: Buffer[] = [];
        if (!isStream) response.on("data", (chunk: Buffer) => parts.push(chunk));
        response.once("end", () => resolve(Buffer.concat(parts).toString()));
        response.once("error", () => resolve(""));
      });
      open.add(sent);
      byId.set(message.id, sent);
      sent.once("close", () => open.delete(sent)).once("error", reject);
      sent.end(encode(era, message));
    });
  }

  return {
    era,
    ...inbox,
    request(method, params = {}, id = ++lastId + 1_000) {
      return send({ id, method, params }, id);
    },
    notify: async (method, params) => void (await send({ method, params }, "none")),
    async cancel(id) {
      if (era === "legacy") return this.notify("notifications/cancelled", { requestId: id });
      byId.get(id)?.destroy();
    },
    async listen(wanted) {
      if (era === "legacy") await openStream();
      await startListening(this, wanted);
    },
    close: async () => {
      for (const one of open) one.destroy();
    },
  };
}

async function startListening(
  client: RawClient,
  wanted: { resourceSubscriptions: string[]; toolsListChanged: true },
): Promise<void> {
  if (client.era === "legacy") {
    for (const uri of wanted.resourceSubscriptions)
      await client.request("resources/subscribe", { uri });
    return;
  }
  void client.request("subscriptions/listen", { notifications: wanted }).catch(() => {});
  await client.heard("notifications/subscriptions/acknowledged");
}

function headersOf(
  era: RawEra,
  { method, params }: JsonObject,
  session: string | undefined,
): Record<string, string> {
  const { name, uri } = (params ?? {}) as { name?: string; uri?: string };
  const named = name ?? uri;
  return {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...(session !== undefined && { "mcp-session-id": session }),
    ...(era === "modern" && {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": String(method),
      ...(named !== undefined && { "mcp-name": named }),
    }),
  };
}
