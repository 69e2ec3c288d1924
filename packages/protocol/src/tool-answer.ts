import { TRESTLE_META } from "./era.ts";
import { isTrestleError, TrestleError } from "./errors.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

const MOST_SHOWN = 2_000;

/**
 * What a tool of another server answered, as that server structured it.
 *
 * @throws TrestleError what the tool says it failed with, as it is told in its result; `unavailable` where it gave
 * no code that is known here, or an answer without structure
 */
export function structuredAnswer(result: JsonObject): JsonObject {
  if (result.isError === true) throw toldFailure(result);
  if (isJsonObject(result.structuredContent)) return result.structuredContent;
  throw new TrestleError("unavailable", "It answered nothing that can be read");
}

function toldFailure({ _meta: meta, content }: JsonObject): TrestleError {
  const given = isJsonObject(meta) ? meta[TRESTLE_META.error] : undefined;
  const { code, details, retryable } = isJsonObject(given) ? given : {};
  const [first] = Array.isArray(content) ? content : [];
  const text = isJsonObject(first) && typeof first.text === "string" ? first.text : "";
  const known = Object.assign(new Error(), { code });
  return new TrestleError(
    isTrestleError(known) ? known.code : "unavailable",
    text.slice(0, MOST_SHOWN) || "It failed without a reason",
    {
      ...(typeof retryable === "boolean" ? { retryable } : {}),
      ...(isJsonObject(details) ? { details } : {}),
    },
  );
}
