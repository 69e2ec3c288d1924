import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { isSameSecret } from "@trestle/access";
import type { FeedHub } from "@trestle/events";
import { type Clock, type Logger, messageOf, nodeHttp, TrestleError } from "@trestle/protocol";
import { isLoopback } from "@trestle-mcp/server-kit";

export interface ListenerOptions {
  /** `127.0.0.1:4121`; port 0 takes a free one. */
  readonly address: string;
  /** Whoever connects gives it as `X-API-Key` or `Authorization: Bearer`. */
  readonly key: string | undefined;
  readonly hub: FeedHub;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Listener {
  /** `ws://127.0.0.1:4121/` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Tells events over WebSockets, as the feed of `packages/events` does.
 * @throws TrestleError `invalid_config` for what is no address, one that others reach without a key, or
 * one that is taken
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { host, port } = parseAddress(options.address);
  if (!isLoopback(host) && options.key === undefined) {
    throw new TrestleError(
      "invalid_config",
      `Whoever reaches ${host} could read every change. Set KNOWLEDGE_EVENTS_KEY, or listen at 127.0.0.1.`,
    );
  }
  const { createFeed } = await import("@trestle/events");
  const { hub, clock, log, key } = options;
  const feed = createFeed({
    hub,
    clock,
    log,
    authenticate: (request) => authenticate(request, key),
  });
  const http = nodeHttp.createServer((_, response) => {
    response.writeHead(426, { upgrade: "websocket", "content-type": "text/plain" });
    response.end('Events come over a WebSocket: send {"type":"subscribe","topics":["*"]}.\n');
  });
  http.on("upgrade", (request, socket, head) => void feed.upgrade(request, socket, head));
  try {
    http.listen(port, host);
    await once(http, "listening");
  } catch (error) {
    throw new TrestleError(
      "invalid_config",
      `Nobody can listen at ${options.address}: ${messageOf(error)}.`,
    );
  }
  // Who listens to events keeps no server alive that nobody asks.
  http.unref();
  const { port: taken } = http.address() as AddressInfo;
  return {
    url: `ws://${host.includes(":") ? `[${host}]` : host}:${taken}/`,
    async close() {
      await feed.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function authenticate({ headers }: IncomingMessage, key: string | undefined) {
  if (key === undefined) return {};
  const [, bearer] = /^Bearer (.+)$/i.exec(headers.authorization ?? "") ?? [];
  const given = headers["x-api-key"] ?? bearer;
  if (typeof given === "string" && isSameSecret(given, key)) return {};
  throw new TrestleError("denied", "Give the key of the events as X-API-Key.");
}

function parseAddress(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    throw new TrestleError("invalid_config", `${text} is no address: write 127.0.0.1:4121.`);
  }
  return { host, port: Number(port) };
}
