import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, isJsonObject, type JsonValue, messageOf, parseJson } from "@trestle/protocol";
import type { Between, Exchange, Fault } from "./exchange.ts";
import { createMeddler, type Meddler } from "./meddler.ts";

export interface HttpBetween extends Between {
  /** Where the bridge is to ask in the place of the server. */
  readonly url: string;
}

export interface HttpBetweenParts {
  /** Of the server. */
  readonly url: string;
  readonly keep: (exchange: Exchange) => void;
  readonly clock: Clock;
}

/** Stands between a bridge and a server on streamable HTTP. The server itself is nobody's to kill. */
export async function openHttpBetween({
  url,
  keep,
  clock,
}: HttpBetweenParts): Promise<HttpBetween> {
  const meddler = createMeddler(keep, clock.now);
  const stop = new AbortController();
  // Nobody else on this machine may use the credentials that pass here.
  const path = `/${randomBytes(16).toString("hex")}`;
  const server = createServer((request, response) => {
    if (request.url !== path) {
      response.writeHead(404).end();
      return;
    }
    passOn({ request, response }, { url, meddler, clock, signal: stop.signal }).catch((error) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end(messageOf(error));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    arm: meddler.arm,
    watch: meddler.watch,
    changeTools: meddler.changeTools,
    stderr: () => "",
    async close() {
      stop.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Pair {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Way {
  readonly url: string;
  readonly meddler: Meddler;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function passOn({ request, response }: Pair, way: Way): Promise<void> {
  const { meddler, clock } = way;
  const body = await bodyOf(request);
  const message = messageIn(body.toString("utf8"));
  const fault = message === undefined ? undefined : meddler.asked(message);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const { method = "GET" } = request;
  const answer = await fetch(way.url, {
    method,
    headers: headersFor(request),
    ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    signal: AbortSignal.any([way.signal, gone.signal]),
  });
  if (fault !== undefined && fault.kind !== "delay") {
    await answer.text();
    spoil(response, fault);
    return;
  }
  const headers = Object.fromEntries(
    [...answer.headers].filter(([name]) => !HOP_BY_HOP.includes(name)),
  );
  if (fault !== undefined) await new Promise<void>((resolve) => clock.after(fault.ms, resolve));
  const isRequest = isJsonObject(message) && message.id !== undefined;
  response.writeHead(answer.status, headers);
  response.flushHeaders();
  if (answer.body === null) {
    response.end();
    return;
  }
  if (isRequest) await passLines(answer, response, meddler);
  else for await (const chunk of answer.body) response.write(chunk);
  response.end();
}

/** Event by event, or the body as a whole where it is no stream. */
async function passLines(
  answer: Response,
  response: ServerResponse,
  meddler: Meddler,
): Promise<void> {
  const decoder = new TextDecoder();
  const isStream = answer.headers.get("content-type")?.includes("text/event-stream") === true;
  let text = "";
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (!isStream) continue;
    const end = text.lastIndexOf("\n") + 1;
    response.write(
      text.slice(0, end).replace(DATA, (_line, data: string) => `data: ${meddled(data, meddler)}`),
    );
    text = text.slice(end);
  }
  response.write(isStream ? text : meddled(text, meddler));
}

const DATA = /^data: ?(.*)$/gm;

function meddled(text: string, meddler: Meddler): string {
  const message = messageIn(text);
  const changed = message === undefined ? undefined : meddler.answered(message);
  return changed === undefined ? text : JSON.stringify(changed);
}

function spoil(response: ServerResponse, { kind }: Fault): void {
  if (kind === "kill") response.socket?.resetAndDestroy();
  else if (kind === "garbage") {
    response.writeHead(200, { "content-type": "application/json" }).end("<html>It works!</html>");
  }
}

/** What belongs to one connection; and what our reading of the body undid. */
const HOP_BY_HOP = [
  ...["connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"],
  ...["content-length", "content-encoding", "host", "accept-encoding", "expect"],
];

function headersFor(request: IncomingMessage): Record<string, string> {
  const kept = Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function messageIn(text: string): JsonValue | undefined {
  try {
    return text === "" ? undefined : parseJson(text);
  } catch {
    return undefined;
  }
}
