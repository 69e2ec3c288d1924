import { type ClientFacts, type JsonObject, META } from "@trestle/protocol";

/** What a modern request's envelope says of its sender. */
export function clientFromMeta(meta: JsonObject | undefined): ClientFacts | undefined {
  const protocolVersion = meta?.[META.protocolVersion];
  if (meta === undefined || typeof protocolVersion !== "string") return undefined;
  const info = meta[META.clientInfo];
  return {
    era: "modern",
    protocolVersion,
    capabilities: (meta[META.clientCapabilities] ?? {}) as JsonObject,
    ...(info !== undefined && { info: info as JsonObject }),
  };
}
