import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";

/** Fields of JSON that somebody else wrote: what is not of the expected kind is not there. */

export function textIn(object: JsonObject | undefined, key: string): string | undefined {
  const value = object?.[key];
  return typeof value === "string" ? value : undefined;
}

export function numberIn(object: JsonObject | undefined, key: string): number | undefined {
  const value = object?.[key];
  return typeof value === "number" ? value : undefined;
}

export function objectIn(object: JsonObject | undefined, key: string): JsonObject | undefined {
  const value = object?.[key];
  return isJsonObject(value) ? value : undefined;
}

export function listIn(object: JsonObject | undefined, key: string): readonly JsonValue[] {
  const value = object?.[key];
  return Array.isArray(value) ? value : [];
}

export function objectsIn(object: JsonObject | undefined, key: string): readonly JsonObject[] {
  return listIn(object, key).filter(isJsonObject);
}

/** Ids are text in one release and numbers in the next. */
export function idIn(object: JsonObject | undefined, key: string): string | undefined {
  const value = object?.[key];
  return typeof value === "number" ? String(value) : textIn(object, key);
}

export function idsIn(object: JsonObject | undefined, key: string): readonly string[] | undefined {
  const ids = listIn(object, key).flatMap((value) =>
    typeof value === "string" || typeof value === "number" ? [String(value)] : [],
  );
  return ids.length > 0 ? ids : undefined;
}

/** ISO 8601, or milliseconds; undefined where it is no time. */
export function timeIn(object: JsonObject | undefined, key: string): number | undefined {
  const value = object?.[key];
  const time = typeof value === "string" ? parseTime(value) : value;
  return typeof time === "number" && Number.isFinite(time) ? time : undefined;
}

/** `2026-01-02T03:04:05.678Z`, as every line has it, at a tenth of what `Date.parse` costs. */
function parseTime(text: string): number {
  if (text.length !== 24 || text.charCodeAt(10) !== 84 || text.charCodeAt(23) !== 90) {
    return Date.parse(text);
  }
  const two = (at: number) => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528;
  const milliseconds = two(20) * 10 + text.charCodeAt(22) - 48;
  const time = Date.UTC(two(0) * 100 + two(2), two(5) - 1, two(8), two(11), two(14), two(17));
  return time + milliseconds;
}

/** The words of a content: text itself, or the texts of its blocks, whatever their release calls them. */
export function contentText(value: JsonValue | undefined): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  const texts = value.map((block) =>
    typeof block === "string" ? block : isJsonObject(block) ? (textIn(block, "text") ?? "") : "",
  );
  return texts.filter((text) => text !== "").join("\n");
}

/** JSON of what should have been text. */
export function asText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  const text = contentText(value);
  return text !== "" || typeof value === "string" ? text : JSON.stringify(value);
}

/** Leaves out what is undefined, so that stored records hold no empty fields. Deleting would slow every later look. */
export function defined<Shape extends object>(
  shape: {
    [Key in keyof Shape]: Shape[Key] | undefined;
  },
): Shape {
  const copy: Partial<Shape> = {};
  for (const key in shape) if (shape[key] !== undefined) copy[key] = shape[key];
  return copy as Shape;
}
