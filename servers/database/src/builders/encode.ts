import { isJsonObject, type JsonValue, nearestName } from "@trestle/protocol";
import { checkNumber, toWholeNumber } from "./encode-numbers.ts";
import { invalid, type TypeShape } from "./shape.ts";

/** Types whose values are JSON, whatever their form. */
const JSON_BASES = new Set(["json", "jsonb"]);
/** Types that extensions write as JSON lists: `[1,2,3]`. */
const LIST_BASES = new Set(["vector", "halfvec"]);
const WHOLE = { int2: 16, int4: 32, int8: 64 } as const;

/** By category: a number could be seconds, days or a year. */
const TIMES: Readonly<Record<string, string>> = { D: "2026-05-01", T: '"2 days"' };

type Column = TypeShape & { readonly type: string };

/**
 * A JSON value as the text that Postgres reads for a column: JSON for json columns, lists for arrays, base64
 * (or `\x…`) for bytea, whole numbers beyond 2^53 as texts, everything else as Postgres writes it. Throws
 * `invalid_input` that names the field, where the value can not be one of the column's.
 */
export function encodeValue(value: JsonValue, column: Column, field: string): string | null {
  try {
    return encode(value, column, field);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid(field, "the value is nested too deeply to be written.");
  }
}

function encode(value: JsonValue, column: Column, field: string): string | null {
  if (value === null) return null;
  if (!column.isArray) return encodeScalar(value, column, field);
  if (typeof value === "string" && /^\s*[{[]/.test(value)) return checkText(value, field);
  if (!Array.isArray(value))
    throw invalid(field, `${show(value)} is no list, and the column is ${column.type}.`);
  return encodeArray(value, column, field);
}

/** `JSON[]` holds lists as values; everything else may be of more than one dimension. */
function encodeArray(list: readonly JsonValue[], column: Column, field: string): string {
  const elements = list.map((element, index) => {
    const at = `${field}[${index}]`;
    if (element === null) return "NULL";
    if (Array.isArray(element) && !JSON_BASES.has(column.base))
      return encodeArray(element, column, at);
    return `"${encodeScalar(element, column, at).replaceAll(/["\\]/g, "\\$&")}"`;
  });
  return `{${elements.join(",")}}`;
}

function encodeScalar(value: JsonValue, column: Column, field: string): string {
  const { base } = column;
  if (JSON_BASES.has(base)) return checkJson(value, field);
  if (LIST_BASES.has(base) && Array.isArray(value)) return JSON.stringify(value);
  if (value === null || Array.isArray(value) || isJsonObject(value))
    throw invalid(field, `${show(value)} is no single value, and the column is ${column.type}.`);
  if (base in WHOLE) return toWholeNumber(value, WHOLE[base as keyof typeof WHOLE], field);
  if (base === "numeric" || base === "float4" || base === "float8")
    return checkNumber(value, column, field);
  if (base === "bool") return toBoolean(value, field);
  const example = TIMES[column.category];
  if (example !== undefined && typeof value !== "string")
    throw invalid(field, `${show(value)} is no ${column.type}: give a text such as ${example}.`);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw invalid(field, `${value} is beyond 2^53 and would be rounded: give it as text.`);
  const text = checkText(String(value), field);
  if (base === "bytea") return toBytes(text, field);
  if (base === "uuid") return toUuid(text, field);
  if (column.labels) return toLabel(text, column.labels, field);
  return checkLength(text, column, field);
}

/** Escapes of U+0000 and of half characters, which JSON may hold and `jsonb` may not. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

function checkJson(value: JsonValue, field: string): string {
  const text = JSON.stringify(value);
  if (!UNSTORABLE.test(text)) return text;
  throw invalid(field, "a text in it has a character that Postgres can not keep (U+0000).");
}

function toBoolean(value: string | number | boolean, field: string): string {
  const text = String(value).trim().toLowerCase();
  if (/^(t|true|y|yes|on|1)$/.test(text)) return "true";
  if (/^(f|false|n|no|off|0)$/.test(text)) return "false";
  throw invalid(field, `${show(value)} is neither true nor false.`);
}

function toBytes(text: string, field: string): string {
  if (/^\\x(?:[\da-f]{2})*$/i.test(text)) return text;
  if (/^[A-Za-z\d+/]*={0,2}$/.test(text) && text.length % 4 === 0)
    return `\\x${Buffer.from(text, "base64").toString("hex")}`;
  throw invalid(field, "bytes are given as base64, or as hex after \\x.");
}

function toUuid(text: string, field: string): string {
  if (/^\{?(?:[\da-f]{4}-?){7}[\da-f]{4}\}?$/i.test(text)) return text;
  throw invalid(field, `${show(text)} is no UUID.`);
}

function toLabel(text: string, labels: readonly string[], field: string): string {
  if (labels.includes(text)) return text;
  const nearest = text.length > 63 ? undefined : nearestName(text, labels);
  const hint = nearest ? ` Did you mean "${nearest}"?` : "";
  throw invalid(
    field,
    `${show(text)} is none of its values.${hint} Values: ${labels.slice(0, 30).join(", ")}.`,
  );
}

/** Postgres cuts spaces beyond the length, and nothing else. */
function checkLength(text: string, { base, modifier, type }: Column, field: string): string {
  if ((base !== "varchar" && base !== "bpchar") || modifier < 4) return text;
  const length = modifier - 4;
  if (text.length > length && /[^ ]/.test([...text].slice(length).join("")))
    throw invalid(field, `${[...text].length} characters are too long for ${type}.`);
  return text;
}

function checkText(text: string, field: string): string {
  if (!text.includes("\0") && text.isWellFormed()) return text;
  throw invalid(field, "the text has a character that Postgres can not keep (U+0000).");
}

/** A value in a message, short. */
export function show(value: JsonValue): string {
  const text = written(value);
  return text.length > 60 ? `${text.slice(0, 60).toWellFormed()}…` : text;
}

/** What is nested deeper than the stack goes is a value that somebody sent, and no failure of ours. */
function written(value: JsonValue): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return "a value nested so deeply";
    throw error;
  }
}
