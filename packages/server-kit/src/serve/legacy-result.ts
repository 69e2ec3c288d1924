import type { Server } from "@modelcontextprotocol/server";
import { isJsonObject, type JsonObject } from "@trestle/protocol";

/** Fits a result to the era of the peer that asked. */
export type ToPeerResult = (
  request: { readonly method: string; readonly params: JsonObject },
  result: JsonObject,
) => JsonObject;

/**
 * What the legacy era cannot carry: it has no `resultType`, and no structured content other than an
 * object. The SDK lists a tool of such output with its schema wrapped in `{ result }`; what it
 * returns to the same peer must match.
 */
export function createLegacyResults(server: Server): ToPeerResult {
  /** Output schemas, as this peer's lists had them, whose root is no plain object. */
  const unusual = new Map<string, JsonObject>();

  function remember({ tools }: JsonObject): void {
    for (const tool of Array.isArray(tools) ? tools : []) {
      if (!isJsonObject(tool) || !isJsonObject(tool.outputSchema)) continue;
      if (tool.outputSchema.type === "object") unusual.delete(String(tool.name));
      else unusual.set(String(tool.name), tool.outputSchema);
    }
  }

  return ({ method, params }, result) => {
    if (method === "tools/list") remember(result);
    const legacy = withoutResultType(result);
    if (method !== "tools/call" || legacy.structuredContent === undefined) return legacy;
    const schema = unusual.get(String(params.name));
    if (isJsonObject(legacy.structuredContent) && schema === undefined) return legacy;
    return server.projectCallToolResult(legacy as never, schema) as JsonObject;
  };
}

function withoutResultType(result: JsonObject): JsonObject {
  if (result.resultType === undefined) return result;
  const { resultType: _, ...rest } = result;
  return rest;
}
