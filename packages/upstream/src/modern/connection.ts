import type { Clock, JsonObject, Logger, RequestContext } from "@trestle/protocol";
import { isRpcError, RPC } from "@trestle/protocol";
import type { UpstreamFacts } from "../config.ts";
import type { Connection, Interest } from "../connection.ts";
import { toEvent } from "../events.ts";
import type { Link } from "../json-rpc/link.ts";
import { deliverLog } from "../logs.ts";
import { withEnvelope } from "../meta.ts";
import { createListening } from "./listen.ts";

export interface ModernOptions {
  readonly upstream: string;
  readonly facts: UpstreamFacts;
  readonly clientInfo: JsonObject;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly interest: Interest;
}

/** A connection of the modern era: every request stands alone in its envelope. */
export function connectModern(link: Link, options: ModernOptions): Connection {
  const { facts, clientInfo, interest } = options;
  const listening = createListening(link, options);
  link.attend({
    onNotification(notification, scope) {
      if (notification.method === "notifications/message")
        return deliverLog(notification, scope, link.waiting());
      const event = toEvent(notification);
      if (event) interest.emit(event);
    },
    onRequest: async () => ({}),
  });
  listening.start();
  link.closed.then(listening.stop, listening.stop);

  async function request(method: string, params: JsonObject, context: RequestContext) {
    try {
      return await link.request({
        method,
        params: withEnvelope(params, clientInfo, context),
        signal: context.signal,
        context,
      });
    } catch (error) {
      if (isRpcError(error) && error.code === RPC.unsupportedVersion) {
        link.lose({ what: "no longer speaks the modern era", stale: true });
      }
      throw error;
    }
  }

  return {
    facts,
    pid: link.pid,
    lost: link.closed,
    request,
    async subscribeResource({ uri }, { signal }) {
      try {
        await listening.change((uris) => uris.add(String(uri)), signal);
      } catch (error) {
        interest.uris.delete(String(uri));
        throw error;
      }
      return {};
    },
    async unsubscribeResource({ uri }, { signal }) {
      await listening.change((uris) => uris.delete(String(uri)), signal);
      return {};
    },
    async close() {
      listening.stop();
      await link.close();
    },
  };
}
