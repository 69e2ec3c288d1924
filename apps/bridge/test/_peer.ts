import type { Readable, Writable } from "node:stream";
import {
  createLineSplitter,
  type JsonObject,
  META,
  MODERN_VERSION,
  type RpcId,
} from "@trestle/protocol";
import { type Place, type Program, start } from "./_place.ts";
import { until } from "./_processes.ts";

export type PeerEra = "legacy" | "modern";

/** An MCP client without an SDK: what it sends and gets is what is on the wire. */
export interface Peer {
  /** The whole answer: with `result` or with `error`. */
  request(method: string, params?: JsonObject): Promise<Answer>;
  call(name: string, args?: JsonObject): Promise<Answer>;
  notify(method: string, params?: JsonObject): void;
  readonly era: PeerEra;
  /** The ids of the requests that were not answered. */
  open(): RpcId[];
  /** Everything that came and was no answer. */
  readonly notifications: Note[];
  /** Answers to ids that nobody waits for: there must be none. */
  readonly strays: unknown[];
}
export interface Note {
  readonly method: string;
  readonly params?: JsonObject;
}
export interface Answer {
  readonly id: RpcId;
  readonly result?: JsonObject;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: JsonObject };
}

/** A `serve --stdio` process with the client that started it. */
export interface StdioBridge extends Program {
  readonly peer: Peer;
}

/** Starts `trestle serve --stdio` and opens it as a host does. */
export async function serveStdio(
  place: Place,
  era: PeerEra,
  args: readonly string[] = [],
): Promise<StdioBridge> {
  const program = start(place, ["serve", "--stdio", ...args]);
  const peer = createPeer({ input: program.process.stdout, output: program.process.stdin, era });
  const opened =
    era === "legacy" ? handshake(peer) : peer.request("server/discover").then(() => undefined);
  await Promise.race([
    opened,
    program.ended.then((code) => {
      throw new Error(`The bridge ended (${code}): ${program.stderr()}`);
    }),
  ]);
  return { ...program, peer };
}

/** The exposed names of all tools, as the client gets them. */
export async function listNames(peer: Peer): Promise<string[]> {
  const { result = {} } = await peer.request("tools/list");
  return (result.tools as JsonObject[]).map(({ name }) => String(name));
}

/**
 * Those names, once all these are among them: the first list waits for no server that starts much later than the
 * others, which on a busy machine any may.
 */
export async function listNamesWith(peer: Peer, ...wanted: readonly string[]): Promise<string[]> {
  let names: string[] = [];
  await until(`${wanted.join(", ")} are listed`, async () => {
    names = await listNames(peer);
    return wanted.every((name) => names.includes(name));
  });
  return names;
}

/** As a host opens it: a client of the legacy era. */
export async function handshake(peer: Peer): Promise<void> {
  await peer.request("initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  });
  peer.notify("notifications/initialized");
}

export interface PeerOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly era: PeerEra;
}

export function createPeer({ input, output, era }: PeerOptions): Peer {
  const waiting = new Map<RpcId, (answer: Answer) => void>();
  const notifications: Note[] = [];
  const strays: unknown[] = [];
  const splitter = createLineSplitter();
  let lastId = 0;

  input.on("data", (chunk: Buffer | string) => {
    for (const line of splitter.push(Buffer.from(chunk)).lines) take(JSON.parse(line));
  });

  function take(message: { id?: RpcId; method?: string }): void {
    if (message.id === undefined) {
      notifications.push(message as Note);
      return;
    }
    const resolve = waiting.get(message.id);
    waiting.delete(message.id);
    if (resolve) resolve(message as Answer);
    else strays.push(message);
  }

  function request(method: string, params: JsonObject = {}): Promise<Answer> {
    lastId += 1;
    const id = lastId;
    const answer = new Promise<Answer>((resolve) => waiting.set(id, resolve));
    const full = era === "modern" ? { ...params, _meta: envelope(params._meta) } : params;
    output.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params: full })}\n`);
    return answer;
  }

  return {
    era,
    open: () => [...waiting.keys()],
    request,
    call: (name, args = {}) => request("tools/call", { name, arguments: args }),
    notify(method, params) {
      output.write(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
    },
    notifications,
    strays,
  };
}

/** What every request of the modern era carries. */
export function envelope(meta: unknown = {}): JsonObject {
  return {
    ...(meta as JsonObject),
    [META.protocolVersion]: MODERN_VERSION,
    [META.clientCapabilities]: {},
    [META.clientInfo]: { name: "test", version: "1" },
  };
}

/** A modern tools/call over HTTP; resolves to status and answer. */
export async function callByHttp(
  url: string,
  name: string,
  args: JsonObject = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; answer: Answer }> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": MODERN_VERSION,
      "mcp-method": "tools/call",
      "mcp-name": name,
      ...headers,
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name, arguments: args, _meta: envelope() },
    }),
  });
  return { status: response.status, answer: parseAnswer(await response.text()) };
}

/** JSON, or the last event of a stream. */
export function parseAnswer(text: string): Answer {
  if (text.startsWith("{")) return JSON.parse(text);
  const data = text.split("\n").filter((line) => line.startsWith("data: "));
  return JSON.parse(data.at(-1)?.slice(6) ?? "{}");
}
