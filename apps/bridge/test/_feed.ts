import { once } from "node:events";
import type { JsonObject } from "@trestle/protocol";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";

export interface FeedClient {
  readonly socket: WebSocket;
  readonly frames: JsonObject[];
  /** Resolves when the bridge has heard of it. */
  subscribe(asked: JsonObject): Promise<void>;
  /** Of the events that came. */
  topics(): unknown[];
  /** The code that the bridge closed with. */
  readonly closed: Promise<number>;
}

/** Connects to the feed of a bridge by the URL of its MCP endpoint. */
export async function connectFeed(url: string, options: ClientOptions = {}): Promise<FeedClient> {
  const socket = new WebSocket(feedUrl(url), options);
  const frames: JsonObject[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(String(data)) as JsonObject));
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  return {
    ...{ socket, frames, closed },
    async subscribe(asked) {
      socket.send(JSON.stringify({ type: "subscribe", ...asked }));
      await once(socket, "message");
    },
    topics: () => frames.filter(({ type }) => type === "event").map(({ topic }) => topic),
  };
}

/** The status with which the feed refuses the connection. */
export async function feedRefusal(url: string, options: ClientOptions = {}): Promise<number> {
  const socket = new WebSocket(feedUrl(url), options);
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  response.destroy();
  socket.terminate();
  return response.statusCode;
}

function feedUrl(url: string): string {
  return url.replace(/^http/, "ws").replace(/\/mcp$/, "/api/mcp/events");
}
