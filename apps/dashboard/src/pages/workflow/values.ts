import type { Json } from "./definition.ts";

/** A value as it stands in a field: texts as they are, all else as JSON. */
export function toText(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What is meant by what stands in a field; nothing is no value. */
export function toValue(text: string, type: string): Json | undefined {
  if (text === "") return undefined;
  if (type === "string") return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // A reference, or something that is not written to its end yet.
    return text;
  }
}
