import { JSON_TYPES } from "../postgres/values.ts";

/** Lists are JSON where the server wants JSON, else arrays: only its own word tells. */
export function hasLists(params: readonly unknown[]): boolean {
  return params.some((value) => Array.isArray(value));
}

/** A parameter as the text that Postgres reads. `type`: its oid, where the server was asked. */
export function toText(value: unknown, type?: number): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value))
    return type !== undefined && JSON_TYPES.has(type) ? JSON.stringify(value) : toArray(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function toArray(list: readonly unknown[]): string {
  return `{${list.map(toElement).join(",")}}`;
}

function toElement(value: unknown): string {
  if (Array.isArray(value)) return toArray(value);
  const text = toText(value);
  return text === null ? "NULL" : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
