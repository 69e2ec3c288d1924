import type { JsonObject } from "@trestle/protocol";
import { isJsonObject, isRpcError, META, MODERN_VERSION, RPC } from "@trestle/protocol";
import type { UpstreamFacts } from "../config.ts";
import type { Link } from "../json-rpc/link.ts";
import { withEnvelope } from "../meta.ts";

/** Asks the server what it is, as the modern era does. */
export function discover(
  link: Link,
  clientInfo: JsonObject,
  signal: AbortSignal,
): Promise<JsonObject> {
  link.agree("modern");
  return link.request({ method: "server/discover", params: withEnvelope({}, clientInfo), signal });
}

/** The facts in a discover result, or undefined if it is none or does not name our version. */
export function toFacts(result: JsonObject): UpstreamFacts | undefined {
  const { supportedVersions, capabilities, instructions, _meta: meta } = result;
  if (!Array.isArray(supportedVersions) || !supportedVersions.includes(MODERN_VERSION))
    return undefined;
  const info = isJsonObject(meta) ? meta[META.serverInfo] : undefined;
  return {
    era: "modern",
    protocolVersion: MODERN_VERSION,
    info: isJsonObject(info) ? info : {},
    capabilities: isJsonObject(capabilities) ? capabilities : {},
    ...(typeof instructions === "string" && { instructions }),
  };
}

/** Is this an error that only a server of the modern era gives, and one that speaks our version? */
export function isModernError(error: unknown): boolean {
  if (!isRpcError(error)) return false;
  if (error.code === RPC.missingClientCapability || error.code === RPC.headerMismatch) return true;
  if (error.code !== RPC.unsupportedVersion || !isJsonObject(error.data)) return false;
  return Array.isArray(error.data.supported) && error.data.supported.includes(MODERN_VERSION);
}

/** For a server that is modern by its error alone: it may have anything, so everything is asked. */
export const UNDISCOVERED: UpstreamFacts = {
  era: "modern",
  protocolVersion: MODERN_VERSION,
  info: {},
  capabilities: { tools: {}, prompts: {}, resources: {} },
};
