import type { JsonObject, RequestContext } from "@trestle/protocol";
import { isJsonObject, META, MODERN_VERSION, TASKS_EXTENSION } from "@trestle/protocol";

const HOP_PREFIX = "io.modelcontextprotocol/";
/** What a bridge can pass on. */
const RELAYED_CAPABILITIES = ["elicitation", "sampling", "roots"] as const;

/** The parameters without those keys of `_meta` that belonged to the hop they came on. */
export function withoutHopKeys(params: JsonObject): JsonObject {
  const { _meta: meta } = params;
  if (!isJsonObject(meta)) return params;
  const keys = Object.keys(meta);
  const kept = keys.filter((key) => key !== "progressToken" && !key.startsWith(HOP_PREFIX));
  if (kept.length === keys.length) return params;
  return { ...params, _meta: Object.fromEntries(kept.map((key) => [key, meta[key]])) };
}

/** The parameters in the envelope that every request of the modern era carries. */
export function withEnvelope(
  params: JsonObject,
  clientInfo: JsonObject,
  context?: RequestContext,
): JsonObject {
  const passed = withoutHopKeys(params);
  const meta: JsonObject = {
    ...(isJsonObject(passed._meta) ? passed._meta : undefined),
    [META.protocolVersion]: MODERN_VERSION,
    [META.clientCapabilities]: relayed(context?.client.capabilities),
    [META.clientInfo]: clientInfo,
  };
  if (context?.logLevel !== undefined) meta[META.logLevel] = context.logLevel;
  return { ...passed, _meta: meta };
}

function relayed(capabilities: JsonObject | undefined): JsonObject {
  const kept: JsonObject = {};
  for (const name of RELAYED_CAPABILITIES)
    if (isJsonObject(capabilities?.[name])) kept[name] = capabilities[name];
  const extensions = isJsonObject(capabilities?.extensions) ? capabilities.extensions : {};
  // Of the extensions, only what the bridge speaks itself.
  if (TASKS_EXTENSION in extensions) {
    kept.extensions = { [TASKS_EXTENSION]: extensions[TASKS_EXTENSION] };
  }
  return kept;
}
