import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { EntranceAsks, Upgrade } from "./node-http.ts";
import { plainHeaders } from "./plain-headers.ts";

export interface UpgradeParts {
  readonly asks: EntranceAsks;
  /** The answers that are on their way. */
  readonly answering: () => readonly ServerResponse[];
  /** Who asks is known once this resolves, where there is something to wait for. */
  readonly prepared: (request: IncomingMessage) => Promise<void> | undefined;
}

/**
 * Hands WebSockets to whoever takes them. Node stops reading requests on a connection that asks for any
 * upgrade once somebody listens to those; but clients that would like HTTP/2 ask with every request, and are
 * content with a plain answer.
 */
export function takeUpgrades(
  server: Server,
  upgrade: Upgrade,
  { asks, answering, prepared }: UpgradeParts,
): void {
  function take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const isWebSocket = request.headers.upgrade?.toLowerCase() === "websocket";
    if (isWebSocket && upgrade(request, socket, head, asks)) return;
    // Node cannot read anew on a connection that still owes an answer.
    const owed = answering().filter(({ req }) => req.socket === socket);
    const paid = Promise.all(owed.map((response) => once(response, "close")));
    paid.then(
      () => socket.destroyed || readAgain(server, { request, socket, head }),
      () => socket.destroy(),
    );
  }

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    request.headers = plainHeaders(request.rawHeaders) ?? request.headers;
    const preparing = prepared(request);
    if (!preparing) return take(request, socket, head);
    const gone = (): void => void socket.destroy();
    socket.on("error", gone); // a peer may leave meanwhile
    preparing.then(() => {
      socket.off("error", gone);
      take(request, socket, head);
    }, gone);
  });
}

/** Lets the server read the request anew, without its wish. */
function readAgain(
  server: Server,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? "";
    if (!WISHES.has(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[at + 1]}`);
  }
  if (/\bclose\b/i.test(request.headers.connection ?? "")) lines.push("Connection: close");
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}

const WISHES = new Set(["upgrade", "http2-settings", "connection"]);
