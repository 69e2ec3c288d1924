import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";

/** The objects of a list in an answer. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function text(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What a tool's result says, as a person reads it. */
export function textOfResult(result: JsonObject): string {
  const lines = objectsOf(result.content).map((block) =>
    typeof block.text === "string" ? block.text : JSON.stringify(block, null, 2),
  );
  if (lines.length > 0) return lines.join("\n");
  return JSON.stringify(result.structuredContent ?? {}, null, 2);
}
