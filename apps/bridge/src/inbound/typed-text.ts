import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "@trestle/protocol";

/**
 * The value that a text stands for where people write `key=value` or a query: as the JSON Schema of the
 * key says. Without a schema whatever reads as JSON is that, all else is text. A text that does not fit
 * stays a text, so that whoever checks it can show it.
 */
export function typedText(text: string, schema?: JsonObject): JsonValue {
  const types = typesOf(schema);
  const isAny = types.size === 0;
  const may = (type: string): boolean => isAny || types.has(type);
  if ((may("number") || may("integer")) && NUMBER.test(text)) return parseJson(text);
  if (may("boolean") && (text === "true" || text === "false")) return text === "true";
  if (may("null") && text === "null") return null;
  if (may("object") && text.trimStart().startsWith("{")) return parsedOr(text);
  if (may("array") && text.trimStart().startsWith("[")) return parsedOr(text);
  if (types.has("array") && !types.has("string")) {
    const items = isJsonObject(schema?.items) ? schema.items : {};
    return text === "" ? [] : text.split(",").map((item) => typedText(item, items));
  }
  return text;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function parsedOr(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** The JSON types that a schema lets in; empty where it does not say. */
function typesOf(schema: JsonObject | undefined): ReadonlySet<string> {
  if (!schema) return new Set();
  const { type, anyOf, oneOf, enum: values, const: value } = schema;
  if (typeof type === "string") return new Set([type]);
  if (Array.isArray(type)) return new Set(type.map(String));
  if (Array.isArray(values)) return new Set(values.map(typeOf));
  if (value !== undefined) return new Set([typeOf(value)]);
  const choices = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const inner = choices.filter(isJsonObject).map(typesOf);
  // A choice that takes anything makes the whole take anything.
  return inner.some(({ size }) => size === 0)
    ? new Set()
    : new Set(inner.flatMap((set) => [...set]));
}

function typeOf(value: JsonValue): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
