import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { SHOWN } from "./import/redact.ts";

/**
 * A value that somebody changed who was shown no secrets: what is masked in it is what stands at the same place now.
 * A mask where nothing stands, or in a list that is longer or shorter than it was, stays a mask.
 */
export function withKeptSecrets<Value extends JsonValue>(
  value: Value,
  now: JsonValue | undefined,
): Value {
  return kept(value, now) as Value;
}

function kept(value: JsonValue, now: JsonValue | undefined): JsonValue {
  if (value === SHOWN) return typeof now === "string" || typeof now === "number" ? now : value;
  if (Array.isArray(value)) {
    const isSame = Array.isArray(now) && now.length === value.length;
    return isSame ? value.map((item, index) => kept(item, now[index])) : value;
  }
  if (!isJsonObject(value) || !isJsonObject(now)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      item === undefined ? item : kept(item, Object.hasOwn(now, key) ? now[key] : undefined),
    ]),
  ) as JsonObject;
}
