import { isJsonObject, type JsonObject } from "@trestle/protocol";

const HOP_PREFIX = "io.modelcontextprotocol/";

/**
 * A question of the legacy era as the modern one writes it: without what belonged to the hop it came on, and
 * without the id of a question that is answered in a browser, which the modern era does not know.
 */
export function toModernQuestion(method: string, params: JsonObject): JsonObject {
  const { elicitationId, _meta: meta, ...rest } = params;
  const kept = Object.entries(isJsonObject(meta) ? meta : {}).filter(
    ([key]) => key !== "progressToken" && !key.startsWith(HOP_PREFIX),
  );
  const isUrl = method === "elicitation/create" && params.mode === "url";
  return {
    method,
    params: {
      ...rest,
      ...(elicitationId === undefined || isUrl ? {} : { elicitationId }),
      ...(kept.length === 0 ? {} : { _meta: Object.fromEntries(kept) }),
    },
  };
}
