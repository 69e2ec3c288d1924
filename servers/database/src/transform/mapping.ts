import { isJsonObject, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { parseDay } from "./days.ts";
import { formatDecimal, parseDecimal } from "./decimal.ts";
import { toSnake } from "./names.ts";

/** `decimal`: a text, so that no digit is lost. `date`: `2026-06-01`. `time`: ISO 8601. */
export type FieldType = "text" | "integer" | "decimal" | "boolean" | "date" | "time" | "json";

export interface Field {
  readonly type: FieldType;
  /** The column; the field's name in snake_case where left out. */
  readonly column?: string;
  /** Columns of other people's tables that mean the same. */
  readonly also?: readonly string[];
  readonly required?: boolean;
}

/** What objects look like, and which columns hold their fields. */
export type Mapping = Readonly<Record<string, Field>>;

/**
 * A row as an object: each field of the mapping from its column, in either spelling, in its type. Columns
 * that no field is about are left out; fields without a value are null. Throws `invalid_input` that names the
 * field.
 */
export function fromRow(mapping: Mapping, row: JsonObject): JsonObject {
  const byName = new Map(Object.entries(row).map(([key, value]) => [toSnake(key), value ?? null]));
  const entries = Object.entries(mapping).map(([name, field]): [string, JsonValue] => {
    const columns = [columnOf(name, field), toSnake(name), ...(field.also ?? [])];
    const column = columns.find((each) => (byName.get(each) ?? null) !== null);
    const value = column === undefined ? null : (byName.get(column) ?? null);
    if (value === null && field.required) throw wrong(name, "there is no value for it.");
    return [name, value === null ? null : convert(value, field.type, name)];
  });
  return Object.fromEntries(entries);
}

/** The way back: an object as a row of the mapping's columns. Fields that the object has not are left out. */
export function toRow(mapping: Mapping, object: JsonObject): JsonObject {
  const entries = Object.entries(mapping)
    .filter(([name]) => object[name] !== undefined)
    .map(([name, field]): [string, JsonValue] => {
      const value = object[name] ?? null;
      return [columnOf(name, field), value === null ? null : convert(value, field.type, name)];
    });
  return Object.fromEntries(entries);
}

function columnOf(name: string, { column }: Field): string {
  return column ?? toSnake(name);
}

function convert(value: JsonValue, type: FieldType, name: string): JsonValue {
  const converted = converters[type](value);
  if (converted !== undefined) return converted;
  throw wrong(name, `${JSON.stringify(value).slice(0, 60).toWellFormed()} is no ${NOUNS[type]}.`);
}

const converters: Readonly<Record<FieldType, (value: JsonValue) => JsonValue | undefined>> = {
  text: (value) => (isScalar(value) ? String(value) : undefined),
  integer(value) {
    const decimal = parseDecimal(value);
    if (decimal === undefined) return undefined;
    const unit = 10n ** BigInt(decimal.scale);
    const whole = Number(decimal.digits / unit);
    return decimal.digits % unit === 0n && Number.isSafeInteger(whole) ? whole : undefined;
  },
  decimal(value) {
    const decimal = parseDecimal(value);
    return decimal && formatDecimal(decimal);
  },
  boolean(value) {
    if (/^(?:true|t|yes|y|1)$/i.test(String(value))) return true;
    return /^(?:false|f|no|n|0)$/i.test(String(value)) ? false : undefined;
  },
  date: (value) => (parseDay(value) === undefined ? undefined : String(value).slice(0, 10)),
  time(value) {
    const time = typeof value === "string" && parseDay(value) !== undefined ? value : "";
    return Number.isNaN(Date.parse(time)) ? undefined : time;
  },
  json: (value) => value,
};

const NOUNS: Readonly<Record<FieldType, string>> = {
  text: "text",
  integer: "whole number",
  decimal: "number",
  boolean: "yes or no",
  date: "day (2026-06-01)",
  time: "time (2026-06-01T12:00:00Z)",
  json: "JSON",
};

function isScalar(value: JsonValue): boolean {
  return !Array.isArray(value) && !isJsonObject(value);
}

function wrong(field: string, message: string): TrestleError {
  return new TrestleError("invalid_input", `${field}: ${message}`, { details: { field } });
}
