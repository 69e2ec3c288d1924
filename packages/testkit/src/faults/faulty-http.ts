import { existsSync, rmSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import { WAIT_S } from "./fault.ts";
import type { Message, Outcome } from "./faulty-tools.ts";

/** Serves streamable HTTP. While the file `resetting` exists, the next request is reset unread. */
export function createFaultyHttp(take: (message: Message) => Outcome, resetting: string): Server {
  return createServer((request, response) => {
    if (request.method !== "POST") {
      response.writeHead(405).end();
      return;
    }
    if (existsSync(resetting)) {
      rmSync(resetting);
      request.socket.resetAndDestroy();
      return;
    }
    void receive(request).then((message) => {
      if (message.id === undefined) response.writeHead(202).end();
      else answer(response, take(message));
    });
  });
}

async function receive(request: IncomingMessage): Promise<Message> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

const JSON_TYPE = { "content-type": "application/json" };
const STREAM_TYPE = { "content-type": "text/event-stream" };

function answer(response: ServerResponse, { answer, fault, afterMs }: Outcome): void {
  const half = answer.slice(0, answer.length / 2);
  switch (fault) {
    case "die_before":
    case "die_after":
      process.kill(process.pid, "SIGKILL");
      return;
    case "hang":
      return;
    case "garbage":
      response.writeHead(200, JSON_TYPE).end("<html>It works!</html>");
      return;
    case "truncated":
      response.writeHead(200, { ...JSON_TYPE, "content-length": answer.length });
      response.write(half, () => response.destroy());
      return;
    case "truncated_stream":
      response.writeHead(200, STREAM_TYPE);
      response.write(`data: ${half}`, () => response.destroy());
      return;
    case "reset_after":
      response.socket?.resetAndDestroy();
      return;
    case "500":
    case "503":
    case "429":
      refuse(response, Number(fault));
      return;
    case "503_wait":
    case "429_wait":
      refuse(response, Number(fault.slice(0, 3)), { "retry-after": String(WAIT_S) });
      return;
    default:
      setTimeout(() => response.writeHead(200, JSON_TYPE).end(answer), afterMs);
  }
}

function refuse(response: ServerResponse, status: number, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(status, headers).end(`no: ${status}`);
}
