import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "@trestle/protocol";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { createFeed, createHub, type FeedOptions, type Hub } from "../src/index.ts";

export interface FeedServer {
  readonly hub: Hub;
  readonly url: string;
  close(): Promise<void>;
}

export async function startFeed(
  options: Partial<FeedOptions> = {},
  hub = createHub({ keep: 1_000 }),
): Promise<FeedServer> {
  const feed = createFeed({ hub, authenticate: () => ({}), ...options });
  const server = createServer();
  server.on("upgrade", (request: IncomingMessage, socket, head) => {
    void feed.upgrade(request, socket, head);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    await feed.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { hub, url: `ws://127.0.0.1:${port}/events`, close: feed.close };
}

export interface FeedClient {
  readonly socket: WebSocket;
  readonly frames: JsonObject[];
  subscribe(topics: unknown, since?: unknown, where?: unknown): void;
  /** The code and reason that the server closed with. */
  readonly closed: Promise<[number, string]>;
}

export async function connectFeed(url: string, options: ClientOptions = {}): Promise<FeedClient> {
  const socket = new WebSocket(url, options);
  const frames: JsonObject[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(String(data)) as JsonObject));
  const closed = new Promise<[number, string]>((resolve) =>
    socket.once("close", (code, reason) => resolve([code, String(reason)])),
  );
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  const subscribe = (topics: unknown, since?: unknown, where?: unknown) =>
    socket.send(JSON.stringify({ type: "subscribe", topics, since, where }));
  return { socket, frames, subscribe, closed };
}
