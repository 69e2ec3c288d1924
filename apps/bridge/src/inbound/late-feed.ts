import type { Upgrade } from "@trestle-mcp/server-kit/serving";
import type { Core } from "../core.ts";
import type { BridgeFeed } from "./feed/feed.ts";
import { pathBelow } from "./rest/path.ts";

/** Where events are told, below the base of the REST API. */
export const EVENTS_PATH = "events";

export interface LateFeed {
  readonly upgrade: Upgrade;
  close(): Promise<void>;
}

/** The feed of events, loaded with the first who asks for it: most hosts never do. */
export function createLateFeed(core: Core): LateFeed {
  let feed: Promise<BridgeFeed> | undefined;
  let closed = false;
  return {
    upgrade(request, socket, head, asks) {
      const [path = "/"] = (request.url ?? "/").split("?", 1);
      if (pathBelow(path) !== EVENTS_PATH) return false;
      socket.on("error", () => {}); // a peer may leave while we still load
      feed ??= import("./feed/feed.ts").then(({ createBridgeFeed }) => createBridgeFeed(core));
      feed.then(
        (opened) => (closed ? socket.destroy() : opened.upgrade(request, socket, head, asks)),
        () => socket.destroy(),
      );
      return true;
    },
    async close() {
      closed = true;
      await (await feed)?.close();
    },
  };
}
