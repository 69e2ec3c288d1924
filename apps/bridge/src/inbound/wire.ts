import {
  type ClientFacts,
  type ClientSession,
  type Era,
  isJsonObject,
  isLogWanted,
  isRequest,
  type JsonObject,
  type Logger,
  META,
  MODERN_VERSION,
  type OwnSignal,
  type Principal,
  type RequestContext,
  type RpcId,
  type RpcMessage,
  type RpcRequest,
  type ServerInstance,
} from "@trestle/protocol";
import {
  checkInputCapabilities,
  discoveryOf,
  fulfilLive,
  isInputRequired,
  isPlainClient,
  isPlainId,
  isPlainMessage,
  toWireError,
} from "@trestle-mcp/server-kit/serving";
import { isListMethod, isOffered, ListAnswer, type ListMethod } from "./wire-list.ts";

/**
 * The short way of a tool call from the wire to the pipeline and back: decoded once, answered without the
 * SDK. It takes only calls that are well-formed beyond doubt, and what clients ask first: who this is, and
 * the lists. Everything else, above all what must be refused, goes to the SDK, so that there is one place
 * that words refusals.
 */
export interface WireCall {
  readonly method: "tools/call" | "server/discover" | ListMethod;
  readonly id: RpcId;
  readonly params: JsonObject;
  readonly client: ClientFacts;
  readonly principal: Principal;
  readonly session?: ClientSession | undefined;
  readonly progressToken?: RpcId;
  readonly logLevel?: string;
}

/** What is known of the peer when its message arrives; `client` of a legacy peer comes from its handshake. */
export interface PeerFacts {
  readonly client: ClientFacts | undefined;
  readonly principal: Principal;
  readonly session?: ClientSession | undefined;
  readonly logLevel?: string;
}

/** Tasks of the handshake era are for the SDK. */
const RELATED_TASK = "io.modelcontextprotocol/related-task";

/** The message as a call, if it is one of those that need nothing of the SDK. */
export function decodeWireCall(message: RpcMessage, peer: PeerFacts): WireCall | undefined {
  if (!isRequest(message)) return undefined;
  if (message.method !== "tools/call") return decodeWireQuestion(message, peer);
  const { id, params } = message;
  if (!isPlainMessage(message) || typeof params?.name !== "string") return undefined;
  if (params.arguments !== undefined && !isJsonObject(params.arguments)) return undefined;
  // Answers to questions are looked at by the SDK first.
  if (params.inputResponses !== undefined || params.requestState !== undefined) return undefined;
  const meta = params._meta === undefined ? {} : params._meta;
  if (!isJsonObject(meta) || RELATED_TASK in meta) return undefined;
  const { progressToken } = meta;
  if (progressToken !== undefined && !isPlainId(progressToken)) return undefined;
  const client = META.protocolVersion in meta ? modernClient(meta) : legacyClient(peer, params);
  if (!client) return undefined;
  const logLevel = client.era === "modern" ? meta[META.logLevel] : peer.logLevel;
  return {
    method: "tools/call",
    id,
    params,
    client,
    principal: peer.principal,
    session: peer.session,
    ...(progressToken === undefined ? {} : { progressToken }),
    ...(typeof logLevel === "string" ? { logLevel } : {}),
  };
}

/** May it be answered on the short way, as the tools are now? */
export function isShort(
  { method, params, client }: WireCall,
  { isPlain, isListPlain, instance }: PlainFacts & Pick<WireParts, "instance">,
): boolean {
  if (method === "tools/call") return isPlain(String(params.name));
  if (method === "server/discover") return true;
  return isOffered(method, instance) && (method !== "tools/list" || isListPlain(client.era));
}

/** What the tools are, as far as it decides the way. */
export interface PlainFacts {
  /** May this tool be called on the short way? */
  readonly isPlain: (exposedName: string) => boolean;
  /** May the list of all tools be given to clients of this era as it is? */
  readonly isListPlain: (era: Era) => boolean;
}

/** What needs no parameters: whoever asks for a page, for progress or for anything else is answered by the SDK. */
function decodeWireQuestion(message: RpcRequest, peer: PeerFacts): WireCall | undefined {
  const { id, method, params = {} } = message;
  const isDiscovery = method === "server/discover";
  if (!isDiscovery && !isListMethod(method)) return undefined;
  if (!isPlainMessage(message) || !isJsonObject(params)) return undefined;
  const { _meta: meta = {}, ...others } = params;
  if (Object.keys(others).length > 0 || !isJsonObject(meta)) return undefined;
  const isModern = META.protocolVersion in meta;
  if (isModern ? "progressToken" in meta || RELATED_TASK in meta : Object.keys(meta).length > 0) {
    return undefined;
  }
  const client = isModern ? modernClient(meta) : peer.client;
  if (!client || (!isModern && (isDiscovery || client.era !== "legacy"))) return undefined;
  return { method, id, params, client, principal: peer.principal };
}

function modernClient(meta: JsonObject): ClientFacts | undefined {
  if (meta[META.protocolVersion] !== MODERN_VERSION || !isPlainClient(meta)) return undefined;
  const info = meta[META.clientInfo];
  return {
    era: "modern",
    protocolVersion: MODERN_VERSION,
    capabilities: meta[META.clientCapabilities] as JsonObject,
    ...(info === undefined ? {} : { info: info as JsonObject }),
  };
}

/** A client that can be asked in the middle of a call needs the SDK, which carries the questions. */
function legacyClient({ client }: PeerFacts, params: JsonObject): ClientFacts | undefined {
  if (client?.era !== "legacy" || params.task !== undefined) return undefined;
  const { elicitation, sampling, roots } = client.capabilities;
  return elicitation === undefined && sampling === undefined && roots === undefined
    ? client
    : undefined;
}

export interface WireParts {
  readonly instance: ServerInstance;
  readonly log: Logger;
  /** This call's alone. */
  readonly own: OwnSignal;
  /** Sends a notification of this call to the client; called only before the answer. */
  readonly notify: (notification: JsonObject) => void;
}

/** Runs the call and gives the JSON-RPC answer. Never throws. */
export async function answerWireCall(
  call: WireCall,
  parts: WireParts,
): Promise<JsonObject | ListAnswer> {
  const { instance, log, own } = parts;
  const { method, id, params } = call;
  const { context, end } = contextOf(call, parts);
  try {
    if (method === "server/discover") {
      const result = shape(discoveryOf(instance, call.principal), call, instance);
      return { jsonrpc: "2.0", id, result };
    }
    const result = await instance.request(method, params, context);
    if (isListMethod(method)) return new ListAnswer(id, method, shape(result, call, instance));
    const shaped = isInputRequired(result)
      ? await askOn(result, call, { instance, context })
      : shape(result, call, instance);
    return { jsonrpc: "2.0", id, result: shaped };
  } catch (error) {
    const { signal } = own;
    const { code, message, data } = toWireError(error, { method, log, signal });
    return {
      jsonrpc: "2.0",
      id,
      error: { code, message, ...(data === undefined ? {} : { data }) },
    };
  } finally {
    end();
  }
}

/** Fits a result to the era of whoever called. */
function shape(result: JsonObject, { client }: WireCall, { info }: ServerInstance): JsonObject {
  return client.era === "modern" ? toModern(result, info) : toLegacy(result);
}

/** A result that asks the user something first: a modern client asks itself, for a legacy one it is done here. */
async function askOn(
  result: Parameters<typeof fulfilLive>[2],
  call: WireCall,
  { instance, context }: { instance: ServerInstance; context: RequestContext },
): Promise<JsonObject> {
  const { params, client } = call;
  if (client.era === "modern") {
    checkInputCapabilities(result, client.capabilities);
    return shape(result, call, instance);
  }
  const asked = { method: "tools/call", params, context };
  return shape(await fulfilLive(instance, asked, result), call, instance);
}

function contextOf(
  { client, principal, session, progressToken, logLevel }: WireCall,
  { own, notify }: WireParts,
): { context: RequestContext; end: () => void } {
  let ended = false;
  const send = (method: string, body: object): void => {
    if (!ended) notify({ jsonrpc: "2.0", method, params: body as JsonObject });
  };
  const context: RequestContext = {
    principal,
    signal: own.signal,
    own,
    client,
    ...(session === undefined ? {} : { session }),
    ...(progressToken === undefined
      ? {}
      : {
          onProgress: (progress) => send("notifications/progress", { progressToken, ...progress }),
        }),
    ...(logLevel === undefined
      ? {}
      : {
          logLevel,
          onLog: (entry) => {
            if (isLogWanted(entry.level, logLevel)) send("notifications/message", entry);
          },
        }),
  };
  return {
    context,
    end: () => {
      ended = true;
    },
  };
}

/** Modern results say their type and who made them. */
function toModern(result: JsonObject, info: JsonObject): JsonObject {
  const meta = isJsonObject(result._meta) ? result._meta : {};
  return {
    ...result,
    ...(result.resultType === undefined ? { resultType: "complete" } : {}),
    _meta: meta[META.serverInfo] === undefined ? { ...meta, [META.serverInfo]: info } : meta,
  };
}

function withoutType({ resultType: _type, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** Legacy results have no type, and structured content must be an object. */
function toLegacy(result: JsonObject): JsonObject {
  const legacy = result.resultType === undefined ? result : withoutType(result);
  const { structuredContent: structured, content } = legacy;
  if (structured === undefined || isJsonObject(structured)) return legacy;
  const blocks = Array.isArray(content) ? content : [];
  const hasText = blocks.some((block) => isJsonObject(block) && block.type === "text");
  return {
    ...legacy,
    ...(hasText
      ? {}
      : { content: [...blocks, { type: "text", text: JSON.stringify(structured) }] }),
    structuredContent: { result: structured },
  };
}
