import type { ServerContext } from "@modelcontextprotocol/server";
import {
  type ClientFacts,
  isLogWanted,
  type JsonObject,
  META,
  type RequestContext,
  type ServerInstance,
} from "@trestle/protocol";
import { createAskClient } from "./ask-client.ts";
import { clientFromMeta } from "./client-facts.ts";
import { toWireError } from "./errors.ts";
import { checkInputCapabilities, fulfilLive, isInputRequired } from "./input-required.ts";
import type { ToPeerResult } from "./legacy-result.ts";
import type { Peer } from "./sdk-server.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface Serving {
  readonly instance: ServerInstance;
  readonly peer: Peer;
  readonly subscriptions: Subscriptions;
  readonly toPeerResult: ToPeerResult;
}

/** Answers one request of a peer from the instance; what it throws is ready for the wire. */
export async function answer(
  serving: Serving,
  request: { method: string; params: JsonObject },
  sdk: ServerContext,
): Promise<JsonObject> {
  const { peer } = serving;
  const { context, end } = createContext(peer, request.params, sdk);
  try {
    return serving.toPeerResult(request, await dispatch(serving, request, context));
  } catch (error) {
    throw toWireError(error, { method: request.method, log: peer.log, signal: context.signal });
  } finally {
    end();
  }
}

async function dispatch(
  { instance, subscriptions, peer }: Serving,
  { method, params }: { method: string; params: JsonObject },
  context: RequestContext,
): Promise<JsonObject> {
  if (method === "resources/subscribe") return subscriptions.add(params, context);
  if (method === "resources/unsubscribe") return subscriptions.remove(params, context);
  const result = await instance.request(method, params, context);
  if (!isInputRequired(result)) return result;
  if (peer.era === "legacy") return fulfilLive(instance, { method, params, context }, result);
  checkInputCapabilities(result, context.client.capabilities);
  return result;
}

function createContext(
  peer: Peer,
  params: JsonObject,
  sdk: ServerContext,
): { context: RequestContext; end: () => void } {
  const meta = params._meta as JsonObject | undefined;
  const client = peer.client() ?? clientFromMeta(meta) ?? unknownClient;
  let ended = false;
  const notify = (method: string, body: JsonObject): void => {
    // Nothing about a request may follow its answer.
    if (!ended && !sdk.mcpReq.signal.aborted) {
      sdk.mcpReq.notify({ method, params: body } as never).catch(() => {});
    }
  };
  const logging = peer.server.getCapabilities().logging !== undefined;
  const logLevel =
    peer.era === "legacy" ? peer.logLevel() : (meta?.[META.logLevel] as string | undefined);
  const progressToken = meta?.progressToken;
  const askClient = peer.era === "legacy" ? createAskClient(client, sdk) : undefined;
  return {
    context: {
      principal: peer.principal,
      signal: sdk.mcpReq.signal,
      client,
      ...(peer.session && { session: peer.session }),
      ...(progressToken !== undefined && {
        onProgress: (progress) =>
          notify("notifications/progress", { progressToken, ...progress } as JsonObject),
      }),
      ...(logging &&
        logLevel !== undefined && {
          logLevel,
          onLog: (message) => {
            if (isLogWanted(message.level, logLevel))
              notify("notifications/message", { ...message } as JsonObject);
          },
        }),
      ...(askClient && { askClient }),
    },
    end: () => {
      ended = true;
    },
  };
}

const unknownClient: ClientFacts = { era: "legacy", protocolVersion: "unknown", capabilities: {} };
