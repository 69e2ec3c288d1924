import { Server, type ServerContext } from "@modelcontextprotocol/server";
import {
  type ClientFacts,
  type ClientSession,
  type Era,
  type JsonObject,
  LOG_LEVELS,
  type Logger,
  messageOf,
  type Principal,
  type ResourceUpdated,
  RPC,
  RpcError,
  type ServerEvent,
  type ServerInstance,
} from "@trestle/protocol";
import { createLegacyResults, type ToPeerResult } from "./legacy-result.ts";
import { legacyCapabilities, methodsOf, TASK_METHODS } from "./methods.ts";
import { passSchema } from "./pass-schema.ts";
import { answer } from "./request.ts";
import { createSubscriptions } from "./subscriptions.ts";

/** Nothing here validates schemas; the SDK's own validator takes a while to make, and there is a server per request. */
const noValidator = { getValidator: () => (data: unknown) => ({ valid: true, data }) as never };

export interface PeerFacts {
  readonly era: Era;
  readonly principal: Principal;
  readonly log: Logger;
  /** Where the peer has one. */
  readonly session?: ClientSession;
  /** The raw `initialize` params of a legacy peer, once it sent them. */
  readonly opening?: () => JsonObject | undefined;
  /** True where somebody else tells the peer of changes. */
  readonly deaf?: boolean;
  /** Of a modern peer: whether it may hear of a resource that it listens to. */
  readonly hears?: (updated: ResourceUpdated) => boolean;
}

/** One peer of an instance: the SDK server that speaks to it, and what is known of it. */
export interface Peer {
  readonly server: Server;
  readonly era: Era;
  readonly principal: Principal;
  readonly log: Logger;
  readonly session?: ClientSession;
  /** Of a legacy peer, known after its handshake. A modern one says it anew with each request. */
  client(): ClientFacts | undefined;
  /** What a legacy peer asked for with `logging/setLevel`. */
  logLevel(): string | undefined;
}

/**
 * Puts an instance behind an SDK server for one peer. Every method goes through the SDK's fallback:
 * its registered handlers would parse results with its own schemas, and drop what those do not know.
 */
export function createSdkServer(instance: ServerInstance, facts: PeerFacts): Peer {
  const { era, principal, log, session } = facts;
  const instructions = instance.instructionsFor?.(principal) ?? instance.instructions;
  const server = new Server(instance.info as never, {
    capabilities: (era === "legacy"
      ? legacyCapabilities(instance.capabilities)
      : instance.capabilities) as never,
    jsonSchemaValidator: noValidator,
    ...(instructions !== undefined && { instructions }),
  });
  let logLevel: string | undefined;
  if (instance.capabilities.logging !== undefined) {
    server.setRequestHandler("logging/setLevel", { params: passSchema }, (params) => {
      logLevel = readLogLevel(params as JsonObject);
      return {} as never;
    });
  }

  const peer: Peer = {
    server,
    era,
    principal,
    log,
    ...(session && { session }),
    client: () => (era === "legacy" ? legacyClient(server, facts.opening?.()) : undefined),
    logLevel: () => logLevel,
  };
  const subscriptions = createSubscriptions(instance);
  const toPeerResult: ToPeerResult =
    era === "legacy" ? createLegacyResults(server) : (_request, result) => result;
  const serving = { instance, peer, subscriptions, toPeerResult };
  const methods = methodsOf(instance.capabilities);
  server.fallbackRequestHandler = (request, sdk) => {
    if (!methods.has(request.method)) throw new RpcError(RPC.methodNotFound, "Method not found");
    return answer(serving, wireRequest(request, sdk), sdk) as never;
  };
  // The SDK knows tasks of the legacy era only, and hands these methods to nobody who did not ask for them.
  for (const method of TASK_METHODS.filter((name) => era === "modern" && methods.has(name))) {
    server.setRequestHandler(method, { params: passSchema }, (params, sdk) => {
      return answer(serving, wireRequest({ method, params: params as object }, sdk), sdk) as never;
    });
  }
  server.onerror = (error) => log.debug("mcp connection", { error: messageOf(error) });

  const unsubscribe = facts.deaf
    ? () => {}
    : relayEvents(
        instance,
        peer,
        era === "legacy" ? ({ uri }) => subscriptions.has(uri) : facts.hears,
      );
  server.onclose = () => {
    unsubscribe();
    subscriptions.clear();
  };
  return peer;
}

/** Tells the peer of changes, of resources as far as it may hear of them; a legacy one only after its handshake. */
function relayEvents(instance: ServerInstance, peer: Peer, hears: PeerFacts["hears"]): () => void {
  const { server, era, log } = peer;
  return instance.subscribe((event) => {
    if (!server.transport) return;
    if (era === "legacy" && !server.getNegotiatedProtocolVersion()) return;
    if (event.kind === "resourceUpdated") {
      if (hears?.(event) === false || event.isFor?.(peer) === false) return;
    }
    sendEvent(server, event).catch((error: unknown) =>
      log.debug("event not sent", { error: messageOf(error) }),
    );
  });
}

function legacyClient(server: Server, opening: JsonObject | undefined): ClientFacts | undefined {
  const protocolVersion = server.getNegotiatedProtocolVersion();
  if (protocolVersion === undefined) return undefined;
  const info = opening?.clientInfo ?? server.getClientVersion();
  return {
    era: "legacy",
    protocolVersion,
    capabilities: (opening?.capabilities ?? server.getClientCapabilities() ?? {}) as JsonObject,
    ...(info !== undefined && { info: info as JsonObject }),
  };
}

function readLogLevel(params: JsonObject): string {
  const { level } = params;
  if (typeof level === "string" && LOG_LEVELS.includes(level)) return level;
  throw new RpcError(RPC.invalidParams, `level must be one of ${LOG_LEVELS.join(", ")}`);
}

/** The request as the wire had it: the SDK lifts the envelope and the multi-round-trip fields out of `params`. */
function wireRequest(
  request: { method: string; params?: object | undefined },
  sdk: ServerContext,
): { method: string; params: JsonObject } {
  const params = { ...request.params } as JsonObject;
  const { envelope, inputResponses, requestState } = sdk.mcpReq;
  if (envelope) params._meta = { ...(envelope as JsonObject), ...(params._meta as JsonObject) };
  if (inputResponses) params.inputResponses = inputResponses as JsonObject;
  const state: unknown = requestState();
  if (state !== undefined) params.requestState = state as string;
  return { method: request.method, params };
}

function sendEvent(server: Server, event: ServerEvent): Promise<void> {
  switch (event.kind) {
    case "toolsChanged":
      return server.sendToolListChanged();
    case "promptsChanged":
      return server.sendPromptListChanged();
    case "resourcesChanged":
      return server.sendResourceListChanged();
    case "resourceUpdated":
      return server.sendResourceUpdated({ uri: event.uri });
  }
}
