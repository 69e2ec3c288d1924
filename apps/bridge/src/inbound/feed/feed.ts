import { createFeed } from "@trestle/events";
import { type Principal, TrestleError } from "@trestle/protocol";
import type { EntranceAsks, Upgrade } from "@trestle-mcp/server-kit/serving";
import type { Core } from "../../core.ts";
import { createObjectWatches } from "./object-watches.ts";
import { createReader } from "./reader.ts";

/** How soon a socket ends whose key was revoked while nothing happened. */
const KEEPALIVE_MS = 10_000;

export interface BridgeFeed {
  upgrade(...asked: Parameters<Upgrade>): void;
  close(): Promise<void>;
}

/** What happens, over WebSockets, to whoever may ask over REST; objects can be called there besides. */
export function createBridgeFeed(core: Core): BridgeFeed {
  const { hub, clock, log } = core;
  // What is asked of a request, until its feed asks who it is.
  const asked = new WeakMap<object, EntranceAsks>();
  const objects = createObjectWatches(core);
  const feed = createFeed({
    ...{ hub, clock, log, keepaliveMs: KEEPALIVE_MS, allowedOrigins: "checked" },
    authenticate(request) {
      const asks = asked.get(request);
      if (!asks) throw new TrestleError("denied", "Nobody can tell who this is.");
      const verdict = asks.authenticate(request);
      if ("refused" in verdict) {
        const code = verdict.refused === "limited" ? "rate_limited" : "denied";
        throw new TrestleError(code, verdict.message);
      }
      return createReader(() => principalOf(asks.authenticate(request)), { core, objects });
    },
  });
  return {
    upgrade(request, socket, head, asks) {
      const foreign = asks.foreign(request);
      if (foreign !== undefined) return refuse(socket, foreign, clock.now());
      asked.set(request, asks);
      void feed.upgrade(request, socket, head);
    },
    async close() {
      await feed.close();
      objects.close();
    },
  };
}

/** In the words of the REST API, whose path this is. */
function refuse(socket: Parameters<Upgrade>[1], message: string, now: number): void {
  const error = { code: "denied", message, details: {} };
  const body = JSON.stringify({ success: false, error, timestamp: new Date(now).toISOString() });
  const head = [
    "HTTP/1.1 403 Forbidden",
    "Connection: close",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function principalOf(verdict: ReturnType<EntranceAsks["authenticate"]>): Principal | undefined {
  return "refused" in verdict ? undefined : verdict;
}
