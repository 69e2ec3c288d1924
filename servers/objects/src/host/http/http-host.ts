import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { messageOf, nodeHttp, TrestleError } from "@trestle/protocol";
import { WebSocketServer } from "ws";
import { OBJECT_ERROR_STATUS, toWireError, type WireError } from "../../object-error.ts";
import { CLOSE, DEFAULT_LIMITS, WATCH_PROTOCOL } from "../../protocol.ts";
import { answerRequest, type HostParts, openWatch } from "./answer.ts";
import { BODY_EXTRA } from "./read-body.ts";
import { serveWatcher } from "./watch-socket.ts";

export interface HttpHostParts extends HostParts {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface HttpHost {
  readonly url: string;
  close(): Promise<void>;
}

const REQUEST_MS = 60_000;
const GRACE_MS = 2_000;
const RETRY_AFTER_S = "1";

/** Serves objects over HTTP and WebSockets. Throws `invalid_config` where the address cannot be had. */
export async function openHttpHost(parts: HttpHostParts): Promise<HttpHost> {
  const { host, port, log, clock } = parts;
  const server = nodeHttp.createServer({ requestTimeout: REQUEST_MS }, (request, response) => {
    void answer(parts, request, response);
  });
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: DEFAULT_LIMITS.argsBytes + BODY_EXTRA,
    handleProtocols: (offered) => (offered.has(WATCH_PROTOCOL) ? WATCH_PROTOCOL : false),
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {}); // a "close" follows
    openWatch(parts, request).then(
      (watch) =>
        sockets.handleUpgrade(request, socket, head, (open) => serveWatcher(open, watch, parts)),
      (error: unknown) => refuseUpgrade(socket, wireOf(parts, error)),
    );
  });
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    throw new TrestleError(
      "invalid_config",
      `Objects cannot be served at ${host}:${port}: ${messageOf(error)}. Choose another address.`,
      { cause: error },
    );
  }
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      for (const socket of sockets.clients) socket.close(CLOSE.goingAway, "The host stops.");
      const kill = clock.after(GRACE_MS, () => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      });
      await closed;
      kill();
      log.debug("objects are no longer served", { port: bound });
    },
  };
}

async function answer(
  parts: HostParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    send(response, 200, await answerRequest(parts, request));
  } catch (error) {
    // Whoever went away in the middle of a request is no fault of the host, and waits for no answer.
    if (response.destroyed) return;
    const wire = wireOf(parts, error);
    if (wire.code === "unavailable") response.setHeader("retry-after", RETRY_AFTER_S);
    // What was not read of a request that is refused is not waited for.
    if (!request.complete) response.setHeader("connection", "close");
    send(response, OBJECT_ERROR_STATUS[wire.code], { error: wire });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

function refuseUpgrade(socket: Duplex, error: WireError): void {
  const body = JSON.stringify({ error });
  const status = OBJECT_ERROR_STATUS[error.code];
  const head = [
    `HTTP/1.1 ${status} ${nodeHttp.STATUS_CODES[status]}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function wireOf({ log }: HostParts, error: unknown): WireError {
  const wire = toWireError(error);
  if (wire.code === "internal") log.error("a request failed", { error: messageOf(error) });
  return wire;
}
