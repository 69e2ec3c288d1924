import {
  isJsonObject,
  type JsonObject,
  LOG_LEVELS,
  META,
  type RpcId,
  type RpcRequest,
} from "@trestle/protocol";

/**
 * What is well-formed beyond doubt. These tests may turn down a message that the SDK accepts, which only
 * makes it take the longer way; they may never let through one that the SDK would refuse.
 */

const MEMBERS = new Set(["jsonrpc", "id", "method", "params"]);

export function isPlainMessage(message: RpcRequest): boolean {
  return isPlainId(message.id) && Object.keys(message).every((key) => MEMBERS.has(key));
}

/** Of a request or a progress token. */
export function isPlainId(value: unknown): value is RpcId {
  return typeof value === "string" || Number.isSafeInteger(value);
}

/** The envelope of a modern request, as far as it describes the client. */
export function isPlainClient(meta: JsonObject): boolean {
  const level = meta[META.logLevel];
  const info = meta[META.clientInfo];
  return (
    (level === undefined || LOG_LEVELS.includes(level as string)) &&
    (info === undefined || (isJsonObject(info) && isPlainInfo(info))) &&
    areCapabilitiesPlain(meta[META.clientCapabilities])
  );
}

export function isPlainInfo({
  name,
  version,
  title,
  description,
  websiteUrl,
  icons,
}: JsonObject): boolean {
  const optional = [title, description, websiteUrl];
  return (
    typeof name === "string" &&
    typeof version === "string" &&
    icons === undefined &&
    optional.every((text) => text === undefined || typeof text === "string")
  );
}

/** Objects of objects, as every capability is that clients declare today. */
function areCapabilitiesPlain(capabilities: unknown): boolean {
  if (!isJsonObject(capabilities)) return false;
  return Object.values(capabilities).every(
    (capability) =>
      isJsonObject(capability) &&
      Object.values(capability).every((part) => isJsonObject(part) && isPlainPart(part)),
  );
}

function isPlainPart({ applyDefaults }: JsonObject): boolean {
  return applyDefaults === undefined || typeof applyDefaults === "boolean";
}
