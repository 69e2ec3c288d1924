import { request } from "node:http";
import { PassThrough } from "node:stream";
import {
  createLineSplitter,
  type JsonObject,
  LOCAL_PRINCIPAL,
  parseJson,
  silentLogger,
} from "@trestle/protocol";
import { serveHttp, serveStream } from "@trestle-mcp/server-kit";
import { createHttpWire } from "../src/inbound/wire-http.ts";
import { createStreamWire } from "../src/inbound/wire-stream.ts";
import type { WireCase } from "./_wire-corpus.ts";
import { createWireSubject, type WireSubject } from "./_wire-instance.ts";

/** What one message brought back, framing left out. */
export interface Heard {
  readonly status?: number;
  readonly messages: string[];
  /** How many messages the short way took. */
  readonly taken: number;
}

/** One way to the instance, over one transport. */
export interface Way {
  send(one: WireCase): Promise<Heard>;
  close(): Promise<void>;
}

const common = createWireSubject();
const opening = {
  jsonrpc: "2.0",
  id: "open",
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "corpus", version: "1" },
  },
};
const opened = { jsonrpc: "2.0", method: "notifications/initialized" };
const setLevel = (level: string): object => ({
  jsonrpc: "2.0",
  id: "level",
  method: "logging/setLevel",
  params: { level },
});

export async function httpWay(withShort: boolean, subject: WireSubject = common): Promise<Way> {
  let taken = 0;
  const short = createHttpWire({ ...subject, log: silentLogger });
  const serving = await serveHttp(subject.instance, {
    port: 0,
    log: silentLogger,
    ...(withShort && {
      intercept: (...facts) => {
        const took = short(...facts);
        if (took) taken += 1;
        return took;
      },
    }),
  });

  async function openSession(logLevel: string | undefined): Promise<string> {
    const common = { "content-type": "application/json", accept: BOTH_TYPES };
    const answer = await post(serving.url, common, JSON.stringify(opening));
    const headers = { ...common, "mcp-session-id": answer.session };
    await post(serving.url, headers, JSON.stringify(opened));
    if (logLevel) await post(serving.url, headers, JSON.stringify(setLevel(logLevel)));
    return answer.session;
  }

  return {
    async send(one) {
      const session = one.era === "legacy" ? await openSession(one.logLevel) : "";
      taken = 0;
      const answer = await post(serving.url, headersOf(one, session), textOf(one));
      return { status: answer.status, messages: answer.messages, taken };
    },
    close: () => serving.close(),
  };
}

const BOTH_TYPES = "application/json, text/event-stream";

function headersOf({ era, message, headers }: WireCase, session: string): Record<string, string> {
  const params = (message as JsonObject).params as JsonObject | undefined;
  const fitting: Record<string, string | undefined> = {
    "content-type": "application/json",
    accept: BOTH_TYPES,
    ...(era === "legacy"
      ? { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }
      : {
          "mcp-protocol-version": "2026-07-28",
          "mcp-method": String((message as JsonObject).method ?? "tools/call"),
          ...nameHeaderOf(message as JsonObject, params),
        }),
    ...headers,
  };
  const set = Object.entries(fitting).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as Record<string, string>;
}

function nameHeaderOf({ method }: JsonObject, params: JsonObject | undefined): object {
  if (/\/(list|discover)$/.test(String(method))) return {};
  return { "mcp-name": encodeURI(String(params?.name ?? "echo")) };
}

interface Answer {
  readonly status: number;
  readonly session: string;
  readonly messages: string[];
}

/** By hand, since fetch adds headers of its own. */
function post(url: string, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.once("error", reject);
      response.once("end", () => {
        const text = Buffer.concat(parts).toString();
        const isStream = response.headers["content-type"]?.startsWith("text/event-stream");
        const data = isStream
          ? [...text.matchAll(/^data: ?(.+)$/gm)].map(([, line]) => line as string)
          : [text];
        resolve({
          status: response.statusCode ?? 0,
          session: String(response.headers["mcp-session-id"] ?? ""),
          messages: data.filter((line) => line !== "").map(normal),
        });
      });
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

export function streamWay(withShort: boolean, subject: WireSubject = common): Way {
  return {
    async send(one) {
      let taken = 0;
      const short = createStreamWire({ ...subject, log: silentLogger });
      const input = new PassThrough();
      const output = new PassThrough();
      const serving = serveStream(subject.instance, {
        input,
        output,
        principal: LOCAL_PRINCIPAL,
        log: silentLogger,
        ...(withShort && {
          intercept: (message, connection) => {
            const took = short(message, connection);
            if (took && (message as { id?: unknown }).id !== "barrier") taken += 1;
            return took;
          },
        }),
      });
      const lines = listen(output);
      const write = (message: object | string): void => {
        input.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
      };
      if (one.era === "legacy") {
        write(opening);
        await lines.until('"open"');
        write(opened);
      }
      if (one.logLevel) {
        write(setLevel(one.logLevel));
        await lines.until('"level"');
      }
      const before = lines.all.length;
      write(textOf(one));
      write(barrierOf(one));
      await lines.until('"barrier"');
      const id = (one.message as JsonObject).id;
      if (typeof id === "string" || Number.isInteger(id)) await lines.until(JSON.stringify(id));
      await serving.close();
      const messages = lines.all.slice(before).filter((line) => !line.includes('"barrier"'));
      return { messages: messages.map(normal), taken };
    },
    close: async () => {},
  };
}

/** A request after the message, whose answer shows that the message was read. */
function barrierOf({ era }: WireCase): object {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return era === "legacy"
    ? { jsonrpc: "2.0", id: "barrier", method: "ping" }
    : { jsonrpc: "2.0", id: "barrier", method: "tools/list", params: { _meta: meta } };
}

function listen(output: PassThrough): { all: string[]; until(id: string): Promise<void> } {
  const splitter = createLineSplitter();
  const all: string[] = [];
  let notify = (): void => {};
  output.on("data", (chunk: Buffer) => {
    all.push(...splitter.push(chunk).lines);
    notify();
  });
  return {
    all,
    async until(id) {
      const answers = (line: string): boolean =>
        JSON.stringify((parseJson(line) as JsonObject).id) === id;
      while (!all.some(answers)) await new Promise<void>((resolve) => (notify = resolve));
    },
  };
}

function textOf({ message }: WireCase): string {
  return typeof message === "string" ? message : JSON.stringify(message);
}

/** The message with the members of JSON-RPC in one order, and everything inside as it came. */
function normal(line: string): string {
  const { id, method, params, result, error } = parseJson(line) as JsonObject;
  return JSON.stringify({ id, method, params, result, error });
}
