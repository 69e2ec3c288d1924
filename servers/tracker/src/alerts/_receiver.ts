import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "@trestle/protocol";
import { onTestFinished } from "vitest";

export interface ReceivedAlert {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: JsonObject;
}

export interface Receiver {
  readonly url: string;
  readonly received: ReceivedAlert[];
  /** What it answers from now on. */
  status: number;
}

/** A web server that takes what is sent to it. */
export async function startReceiver(): Promise<Receiver> {
  const received: ReceivedAlert[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const { url: path = "", headers } = request;
    if (receiver.status < 300) received.push({ path, headers, body, json: JSON.parse(body) });
    response.writeHead(receiver.status).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const receiver: Receiver = { url, received, status: 204 };
  return receiver;
}
