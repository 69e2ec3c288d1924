import type { JsonObject, Logger, RequestContext } from "@trestle/protocol";
import type { UpstreamFacts } from "../config.ts";
import type { Connection, Interest } from "../connection.ts";
import { announceAnew, toEvent } from "../events.ts";
import type { Link } from "../json-rpc/link.ts";
import { deliverLog, severity } from "../logs.ts";
import { withoutHopKeys } from "../meta.ts";
import { answerServer } from "./ask-client.ts";
import { type HandshakeOptions, handshake } from "./handshake.ts";

export interface LegacyOptions extends HandshakeOptions {
  readonly log: Logger;
  readonly interest: Interest;
}

/** Connects in the legacy era, and restores there what was subscribed before. */
export async function connectLegacy(link: Link, options: LegacyOptions): Promise<Connection> {
  const { log, interest, clientCapabilities: declared } = options;
  link.attend({
    onNotification(notification, scope) {
      if (notification.method === "notifications/message")
        return deliverLog(notification, scope, link.waiting());
      const event = toEvent(notification);
      if (event) interest.emit(event);
      else log.debug("notification ignored", { method: notification.method });
    },
    onRequest: (request, scope) =>
      answerServer(request, { declared, scope, waiting: link.waiting() }),
  });
  let facts: UpstreamFacts;
  let logLevel: string | undefined;
  let generation = 0;
  let renewing: Promise<void> | undefined;

  async function open(signal?: AbortSignal): Promise<void> {
    facts = await handshake(link, { ...options, signal });
    logLevel = undefined;
    generation += 1;
    if (generation > 1) announceAnew(interest);
    for (const uri of interest.uris)
      link
        .request({ method: "resources/subscribe", params: { uri }, signal })
        .catch((error) => log.warn("subscription not restored", { uri, error: String(error) }));
  }

  /** Runs the request; where the server has forgotten our session, once more in a new one. */
  async function inSession<T>(send: () => Promise<T>): Promise<T> {
    const before = generation;
    try {
      return await send();
    } catch (error) {
      if (!isSessionLost(error)) throw error;
      if (generation === before) {
        renewing ??= open().finally(() => {
          renewing = undefined;
        });
        await renewing;
      }
      return send();
    }
  }

  /** The level holds for the whole connection, so it only ever becomes finer; callers filter. */
  async function raiseLogLevel(level: string, signal: AbortSignal): Promise<void> {
    if (facts.capabilities.logging === undefined) return;
    if (logLevel !== undefined && severity(level) >= severity(logLevel)) return;
    logLevel = level;
    await link.request({ method: "logging/setLevel", params: { level }, signal });
  }

  function send(method: string, params: JsonObject, context: RequestContext): Promise<JsonObject> {
    const request = { method, params: withoutHopKeys(params), signal: context.signal, context };
    const { logLevel: wanted, signal } = context;
    if (wanted === undefined) return inSession(() => link.request(request));
    return inSession(async () => {
      await raiseLogLevel(wanted, signal);
      return link.request(request);
    });
  }

  await open(options.signal);
  return {
    get facts() {
      return facts;
    },
    pid: link.pid,
    lost: link.closed,
    request: send,
    async subscribeResource(params, context) {
      const result = await send("resources/subscribe", params, context);
      interest.uris.add(String(params.uri));
      return result;
    },
    async unsubscribeResource(params, context) {
      interest.uris.delete(String(params.uri));
      return send("resources/unsubscribe", params, context);
    },
    close: () => link.close(),
  };
}

function isSessionLost(error: unknown): boolean {
  return error instanceof Error && error.name === "SessionLostError";
}
