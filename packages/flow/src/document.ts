import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "@trestle/protocol";

/**
 * What references see of a tool's result: its structured content; else its text, parsed where it is
 * JSON; else, where there is no text at all, the result itself.
 */
export function toDocument(result: JsonObject): JsonValue {
  if (result.structuredContent !== undefined) return result.structuredContent;
  const text = textOf(result);
  return text === undefined ? result : parseText(text);
}

/** All text of a result, one block a line; undefined where it has none. */
export function textOf(result: JsonObject): string | undefined {
  const blocks = Array.isArray(result.content) ? result.content : [];
  const texts = blocks.flatMap((block) =>
    isJsonObject(block) && block.type === "text" && typeof block.text === "string"
      ? [block.text]
      : [],
  );
  return texts.length === 0 ? undefined : texts.join("\n");
}

/** A lone number that JSON would spell differently ("1.50", "007") is text: it must come out as it went in. */
function parseText(text: string): JsonValue {
  if (!/^\s*[[{"\d\-tfn]/.test(text)) return text;
  try {
    const value = parseJson(text);
    const isWhole = typeof value === "object" || JSON.stringify(value) === text.trim();
    return isWhole ? value : text;
  } catch {
    return text;
  }
}
