import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import {
  type Clock,
  isTrestleError,
  type Logger,
  messageOf,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { type FeedHub, type FeedPeer, serveFeedSocket } from "./feed-socket.ts";

export interface FeedOptions {
  readonly hub: FeedHub;
  /**
   * Says who connects; throws `denied` for nobody, `rate_limited` for whoever tries too often. Called before
   * the connection is upgraded.
   */
  readonly authenticate: (request: IncomingMessage) => Promise<FeedPeer> | FeedPeer;
  /** Web pages that may connect, as `Origin` names them; by default none may. `checked`: the caller looked. */
  readonly allowedOrigins?: readonly string[] | "checked";
  /** 100 by default. */
  readonly maxConnections?: number;
  /** How often each socket must show that somebody is there; 30,000 by default. */
  readonly keepaliveMs?: number;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/** The events of a hub over WebSockets. */
export interface Feed {
  /** Takes over an `upgrade` of a node:http server; which paths lead here is the server's choice. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Closes every socket with 1001 and waits until they are gone, two seconds at most. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 100;
const KEEPALIVE_MS = 30_000;
const MAX_REQUEST_BYTES = 64 * 1024;
const CLOSE_MS = 2_000;

const reasons: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

const DENIALS: Readonly<Record<string, number>> = { denied: 401, rate_limited: 429 };

/**
 * Client: `{ type: "subscribe", topics, since?, where? }`; another one takes the place of the first; where there
 * is something to call, `{ type: "call", id, … }`. Server: `subscribed` with the last number, then `event` and `gap`;
 * `result` and `error` with the id of a call; `error` without one for a request it cannot read.
 * Close codes: 1001 the server stops, 4400 not the protocol, 4401 no longer allowed.
 */
export function createFeed(options: FeedOptions): Feed {
  const { clock = systemClock, log = silentLogger } = options;
  // Loaded with the first feed: few who use this package open one.
  const { WebSocketServer } = createRequire(import.meta.url)("ws") as typeof import("ws");
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_REQUEST_BYTES,
  });
  let pending = 0;
  let closing = false;

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => {}); // a peer may leave while we still ask who it is
    const isFull = server.clients.size + pending >= (options.maxConnections ?? MAX_CONNECTIONS);
    if (closing || isFull) return refuse(socket, 503);
    if (!isAllowedOrigin(request, options.allowedOrigins ?? [])) return refuse(socket, 403);
    pending += 1;
    try {
      const peer = await options.authenticate(request);
      if (closing) return refuse(socket, 503);
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const keepaliveMs = options.keepaliveMs ?? KEEPALIVE_MS;
        serveFeedSocket(webSocket, { hub: options.hub, peer, keepaliveMs, clock, wire: socket });
      });
    } catch (error) {
      const status = (isTrestleError(error) && DENIALS[error.code]) || 500;
      if (status === 500) log.error("Authenticating a feed failed", { error: messageOf(error) });
      refuse(socket, status);
    } finally {
      pending -= 1;
    }
  }

  async function close(): Promise<void> {
    closing = true;
    const gone = [...server.clients].map(
      (client) => new Promise((resolve) => client.once("close", resolve)),
    );
    for (const client of server.clients) client.close(1001, "The server stops");
    const cancel = clock.after(CLOSE_MS, () => {
      for (const client of server.clients) client.terminate();
    });
    await Promise.all(gone);
    cancel();
    server.close();
  }

  return { upgrade, close };
}

/** A web page cannot choose its Origin; programs send none. */
function isAllowedOrigin(
  request: IncomingMessage,
  allowed: NonNullable<FeedOptions["allowedOrigins"]>,
): boolean {
  const { origin } = request.headers;
  return allowed === "checked" || origin === undefined || allowed.includes(origin);
}

function refuse(socket: Duplex, status: number): void {
  const lines = [`HTTP/1.1 ${status} ${reasons[status]}`, "Connection: close", "Content-Length: 0"];
  socket.end(`${lines.join("\r\n")}\r\n\r\n`);
}
