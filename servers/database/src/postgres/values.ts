import { type JsonObject, type JsonValue, parseJson } from "@trestle/protocol";
import { parseArray } from "./arrays.ts";
import type { QueryResult } from "./database.ts";
import type { RawCell, RawColumn, RawPage } from "./wire.ts";

/** Object identifiers of the built-in types that JSON has its own form for. */
const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  timestamp: 1114,
  timestamptz: 1184,
  jsonb: 3802,
} as const;

export const JSON_TYPES: ReadonlySet<number> = new Set([OID.json, OID.jsonb]);

/** A page of texts as the JSON that a caller sees. */
export function toQueryResult(page: RawPage, offset: number): QueryResult {
  const names = uniqueNames(page.columns);
  const rows = page.rows.map((row) => toRow(row, page.columns, names));
  const isCut = (cell: RawCell) => cell !== null && typeof cell === "object";
  return {
    columns: page.columns.map(({ type }, index) => ({ name: names[index] ?? "", type })),
    rows,
    rowCount: rows.length,
    truncated: page.more,
    ...(page.more ? { nextOffset: offset + rows.length } : {}),
    cutValues: page.rows.reduce((sum, row) => sum + row.filter(isCut).length, 0),
  };
}

function toRow(
  row: readonly RawCell[],
  columns: readonly RawColumn[],
  names: readonly string[],
): JsonObject {
  // fromEntries makes own keys, also of `__proto__`.
  return Object.fromEntries(
    columns.map((column, index) => [names[index] ?? "", toValue(row[index] ?? null, column)]),
  );
}

function toValue(cell: RawCell, column: RawColumn): JsonValue {
  if (cell === null) return null;
  if (typeof cell === "object") return toCutValue(cell.start, cell.length, column);
  if (column.element === undefined) return fromText(cell, column.oid);
  const { element } = column;
  return parseArray(cell, (text) => fromText(text, element));
}

/**
 * Whole numbers beyond ±(2^53 − 1) and every `numeric` stay texts, so that no digit is lost; so do
 * NaN and the infinities, which JSON does not have.
 */
function fromText(text: string, oid: number): JsonValue {
  switch (oid) {
    case OID.bool:
      return text === "t";
    case OID.int2:
    case OID.int4:
    case OID.oid:
      return Number(text);
    case OID.int8:
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case OID.float4:
    case OID.float8:
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case OID.json:
    case OID.jsonb:
      return fromJson(text);
    case OID.timestamp:
    case OID.timestamptz:
      return toIsoTime(text);
    case OID.bytea:
      return Buffer.from(text.slice(2), "hex").toString("base64");
    default:
      return text;
  }
}

/** What is nested deeper than messages may be comes as the text that it is. */
function fromJson(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** `2026-11-20 12:00:00.5+00` → `2026-11-20T12:00:00.5Z`; `infinity` and years BC stay as they are. */
function toIsoTime(text: string): string {
  const match = /^(\d{4,}-\d\d-\d\d) ([\d:.]+)(\+00)?$/.exec(text);
  return match ? `${match[1]}T${match[2]}${match[3] ? "Z" : ""}` : text;
}

function toCutValue(start: string, length: number, column: RawColumn): string {
  if (column.oid !== OID.bytea) return `${start}… [cut: ${length} characters in all]`;
  const bytes = Buffer.from(start.slice(2), "hex").toString("base64");
  return `${bytes}… [cut: ${(length - 2) / 2} bytes in all]`;
}

function uniqueNames(columns: readonly RawColumn[]): string[] {
  const taken = new Set(columns.map(({ name }) => name));
  const used = new Set<string>();
  return columns.map(({ name }) => {
    let unique = name;
    for (let count = 2; used.has(unique) || (unique !== name && taken.has(unique)); count += 1)
      unique = `${name}_${count}`;
    used.add(unique);
    return unique;
  });
}
