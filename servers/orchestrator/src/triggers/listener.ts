import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isTrestleError, type Logger, messageOf, nodeHttp, TrestleError } from "@trestle/protocol";
import type { Incoming } from "./verify.ts";

/** Where other systems tell what happened: `POST /hooks/<id of a trigger>`. */
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

const MOST_BYTES = 1024 * 1024;
const PATH = /^\/hooks\/([A-Za-z][A-Za-z0-9_-]{0,63})$/;

export async function listen(
  address: string,
  parts: {
    readonly log: Logger;
    /** Gives the execution's id. Throws `denied` where the delivery is not to be trusted. */
    readonly deliver: (trigger: string, incoming: Incoming) => Promise<string>;
  },
): Promise<Listener> {
  const { host, port } = parseAddress(address);
  const server: Server = nodeHttp.createServer((request, response) => {
    answer(request, parts.deliver).then(
      ([status, body]) => send(response, status, body),
      (error) => {
        parts.log.warn("a webhook was refused", { error: messageOf(error) });
        send(response, statusOf(error), { error: { message: publicMessage(error) } });
      },
    );
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, resolve);
  await ready;
  server.unref();
  const { port: taken } = server.address() as AddressInfo;
  parts.log.info("webhooks are taken in", { url: `http://${host}:${taken}/hooks/` });
  return {
    port: taken,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  deliver: (trigger: string, incoming: Incoming) => Promise<string>,
): Promise<[number, object]> {
  const [, id] = PATH.exec(request.url?.split("?")[0] ?? "") ?? [];
  if (id === undefined) throw new TrestleError("not_found", "There is only /hooks/<id>");
  if (request.method !== "POST") return [405, { error: { message: "Send a POST" } }];
  const { headers } = request;
  const body = await readBody(request);
  return [202, { executionId: await deliver(id, { headers, body }) }];
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MOST_BYTES)
      throw new TrestleError("invalid_input", `A delivery has at most ${MOST_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function statusOf(error: unknown): number {
  if (!isTrestleError(error)) return 500;
  if (error.code === "denied") return 401;
  if (error.code === "not_found") return 404;
  return error.code === "unavailable" ? 503 : 400;
}

/** Whoever has no secret learns nothing of what there is. */
function publicMessage(error: unknown): string {
  return isTrestleError(error) ? error.message : "This could not be done; see the server's log";
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function parseAddress(address: string): { host: string; port: number } {
  const [, host = "127.0.0.1", port] = /^(?:(.+):)?(\d{1,5})$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new TrestleError("invalid_config", `"${address}" is no address such as 127.0.0.1:4130`);
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}
