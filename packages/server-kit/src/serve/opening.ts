import {
  type ClientFacts,
  isJsonObject,
  isRequest,
  type JsonObject,
  LATEST_LEGACY_VERSION,
  LEGACY_VERSIONS,
  MODERN_VERSION,
  type Principal,
  type RpcMessage,
  type RpcRequest,
  type ServerEvent,
  type ServerInstance,
} from "@trestle/protocol";
import type { LineTransport } from "./line-transport.ts";
import { legacyCapabilities } from "./methods.ts";
import { isPlainInfo, isPlainMessage } from "./plain.ts";

/**
 * The opening of a legacy connection, answered as the SDK would answer it, which takes longer to load than
 * all the rest of a start. Once something needs the SDK, it is told what it missed.
 */
export interface StreamOpening {
  /** True: it was answered, or was no more than a word to remember. */
  take(message: RpcMessage): boolean;
  /** Who is at the other end, once that was said. */
  client(): ClientFacts | undefined;
  /** What the SDK has to hear before anything else. Its answers to that are not sent: they were given. */
  handOver(): readonly RpcMessage[];
  end(): void;
}

export interface StreamOpeningOptions {
  readonly transport: LineTransport;
  readonly principal: Principal;
}

export function createStreamOpening(
  instance: ServerInstance,
  { transport, principal }: StreamOpeningOptions,
): StreamOpening {
  const taken: RpcMessage[] = [];
  let client: ClientFacts | undefined;
  let unsubscribe = (): void => {};

  function open(request: RpcRequest, params: JsonObject): void {
    client = clientOf(params);
    const { id } = request;
    transport.write({ jsonrpc: "2.0", id, result: welcome(instance, principal, client) });
    unsubscribe = instance.subscribe((event) => {
      const method = notificationOf(event, instance.capabilities);
      if (method) transport.write({ jsonrpc: "2.0", method });
    });
  }

  function take(message: RpcMessage): boolean {
    if (!client) {
      const params = plainOpeningOf(message);
      if (!params) return false;
      open(message as RpcRequest, params);
    } else if (isPlainPing(message)) {
      transport.write({ jsonrpc: "2.0", id: message.id, result: {} });
      return true;
    } else if (!isPlainInitialized(message)) return false;
    taken.push(message);
    return true;
  }

  return {
    take,
    client: () => client,
    handOver() {
      const [first] = taken;
      if (first && isRequest(first)) muteAnswer(transport, first.id, unsubscribe);
      return taken.splice(0);
    },
    end: () => unsubscribe(),
  };
}

/** Until the SDK has opened, too, changes are told by whoever opened first. */
function muteAnswer(transport: LineTransport, id: RpcRequest["id"], onAnswer: () => void): void {
  const { send } = transport;
  transport.send = async (message, options) => {
    if (!("result" in message && message.id === id)) return send(message, options);
    transport.send = send;
    onAnswer();
  };
}

function welcome(instance: ServerInstance, principal: Principal, client: ClientFacts): JsonObject {
  return {
    protocolVersion: client.protocolVersion,
    capabilities: legacyCapabilities(instance.capabilities),
    serverInfo: instance.info,
    ...instructionsOf(instance, principal),
  };
}

/** The answer to a modern `server/discover`, but for who gives it. */
export function discoveryOf(instance: ServerInstance, principal: Principal): JsonObject {
  return {
    supportedVersions: [MODERN_VERSION],
    capabilities: instance.capabilities,
    ...instructionsOf(instance, principal),
    ...{ resultType: "complete", ttlMs: 0, cacheScope: "private" },
  };
}

function instructionsOf(instance: ServerInstance, principal: Principal): JsonObject {
  const instructions = instance.instructionsFor?.(principal) ?? instance.instructions;
  return instructions ? { instructions } : {};
}

const legacyVersions: readonly string[] = LEGACY_VERSIONS;

function clientOf({ protocolVersion, capabilities, clientInfo }: JsonObject): ClientFacts {
  const asked = String(protocolVersion);
  return {
    era: "legacy",
    protocolVersion: legacyVersions.includes(asked) ? asked : LATEST_LEGACY_VERSION,
    capabilities: capabilities as JsonObject,
    info: clientInfo as JsonObject,
  };
}

/** Nobody has subscribed to a resource yet: that is not asked here. */
function notificationOf({ kind }: ServerEvent, capabilities: JsonObject): string | undefined {
  if (kind === "resourceUpdated") return undefined;
  const list = { toolsChanged: "tools", promptsChanged: "prompts", resourcesChanged: "resources" };
  const name = list[kind];
  return capabilities[name] === undefined ? undefined : `notifications/${name}/list_changed`;
}

const OPENING_PARAMS = new Set(["protocolVersion", "capabilities", "clientInfo"]);

/** The parameters of an `initialize` that is well-formed beyond doubt. */
function plainOpeningOf(message: RpcMessage): JsonObject | undefined {
  if (!isRequest(message) || message.method !== "initialize") return undefined;
  const { params } = message;
  if (!isPlainMessage(message) || !isJsonObject(params)) return undefined;
  const { protocolVersion, capabilities, clientInfo } = params;
  const isPlain =
    Object.keys(params).every((key) => OPENING_PARAMS.has(key)) &&
    typeof protocolVersion === "string" &&
    isJsonObject(clientInfo) &&
    isPlainInfo(clientInfo) &&
    isJsonObject(capabilities) &&
    Object.entries(capabilities).every(([name, value]) => isPlainCapability(name, value));
  return isPlain ? params : undefined;
}

/** As clients declare them today; whatever else there may be is for the SDK to judge. */
function isPlainCapability(name: string, value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const parts = Object.entries(value);
  if (name === "roots") {
    return parts.every(([key, part]) => key === "listChanged" && typeof part === "boolean");
  }
  if (name === "sampling" || name === "elicitation")
    return parts.every(([, part]) => isEmpty(part));
  return name === "extensions" || name === "experimental"
    ? parts.every(([, part]) => isJsonObject(part) && Object.values(part).every(isWords))
    : false;
}

function isEmpty(value: unknown): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}

function isWords(value: unknown): boolean {
  const words = Array.isArray(value) ? value : [value];
  return words.every((word) => typeof word === "string" || typeof word === "boolean");
}

function isPlainPing(message: RpcMessage): message is RpcRequest {
  if (!isRequest(message) || message.method !== "ping") return false;
  return isPlainMessage(message) && isBare(message.params);
}

function isPlainInitialized(message: RpcMessage): boolean {
  if (isRequest(message) || !("method" in message)) return false;
  return message.method === "notifications/initialized" && isBare(message.params);
}

function isBare(params: unknown): boolean {
  return params === undefined || isEmpty(params);
}
