import type { JsonValue } from "@trestle/protocol";
import type { TargetColumn, ValueKind } from "./target.ts";

/** A value of a file as the text that its column's type reads. */
export type ToText = (value: JsonValue, column: TargetColumn) => string | null;

/** CSV holds the texts as they are. */
export const textOfCsv: ToText = (value) => (value === null ? null : String(value));

/**
 * JSON holds what `run_sql` and `export_rows` write: bytea as base64, arrays as lists, and in a column of
 * JSON whatever there is. JSON's null is SQL's NULL.
 */
export const textOfJson: ToText = (value, { kind, element }) => {
  if (value === null) return null;
  if (element !== null && Array.isArray(value)) return listOf(value, element);
  return textOf(value, kind);
};

/** Texts as one Postgres array. */
export function arrayOf(texts: readonly (string | null)[]): string {
  return `{${texts.map(quote).join(",")}}`;
}

function listOf(list: readonly JsonValue[], kind: ValueKind): string {
  const items = list.map((item) => {
    if (item === null) return "NULL";
    return Array.isArray(item) && kind !== "json" ? listOf(item, kind) : quote(textOf(item, kind));
  });
  return `{${items.join(",")}}`;
}

function textOf(value: JsonValue, kind: ValueKind): string {
  if (kind === "json") return JSON.stringify(value);
  if (typeof value !== "string") return JSON.stringify(value);
  // A backslash is in no base64: that is Postgres' own way to write bytes.
  if (kind === "bytea" && !value.startsWith("\\"))
    return `\\x${Buffer.from(value, "base64").toString("hex")}`;
  return value;
}

function quote(text: string | null): string {
  if (text === null) return "NULL";
  return /["\\]/.test(text) ? `"${text.replaceAll(/["\\]/g, "\\$&")}"` : `"${text}"`;
}
