import { createHash } from "node:crypto";
import { isJsonObject, isKeptNumber, type JsonValue } from "./json.ts";

/** JSON text with keys in order: equal values have equal text, however they were written. */
export function canonicalJson(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isJsonObject(value) || isKeptNumber(value)) return JSON.stringify(value) ?? "null";
  const parts: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const item = value[key];
    if (item !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(item)}`);
  }
  return `{${parts.join(",")}}`;
}

/** SHA-256 of the canonical text, in hexadecimal. */
export function digestOf(value: JsonValue | undefined): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
