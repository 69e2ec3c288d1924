/** JSON as it travels: plain values, numbers exact. */

export type JsonPrimitive = string | number | boolean | null;
export type JsonValue = JsonPrimitive | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

/**
 * Numbers that a double cannot hold as written (2^53 + 1, 1e400, 0.1000000000000000055) are kept as
 * `JSON.rawJSON` objects, which `JSON.stringify` writes back digit by digit. The pattern only decides
 * whether the slow parse is needed: it may also match inside a string, never miss a number.
 */
const suspectNumber = /[[:,\s]-?(?:\d[\d.]{15}|[\d.]+[eE])|^-?\d[\d.eE+-]{15}|-0(?![\d])/;

interface RawJson {
  readonly rawJSON: string;
}
/** Types of the standard source-text access, which TypeScript's library does not have yet. */
const json = JSON as unknown as {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
};

/** Beyond so many levels `JSON.stringify` and whatever else calls itself run out of stack, in the middle of anything. */
export const MAX_JSON_DEPTH = 1_000;

/**
 * Parses JSON text without losing digits. Throws SyntaxError as `JSON.parse` does, and for what is nested
 * deeper than `MAX_JSON_DEPTH`.
 */
export function parseJson(text: string): JsonValue {
  const isSuspect = suspectNumber.test(text);
  const mayBeDeep = hasManyBrackets(text);
  if (isSuspect && !mayBeDeep) return parseExactly(text);
  const value = JSON.parse(text) as JsonValue;
  if (mayBeDeep && isDeeper(value, MAX_JSON_DEPTH)) {
    throw new SyntaxError(`It is nested deeper than ${MAX_JSON_DEPTH} levels.`);
  }
  // With a reviver, parsing calls itself: that waits until it is known to be safe.
  return isSuspect ? parseExactly(text) : value;
}

function parseExactly(text: string): JsonValue {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && !isExact(value, source)
      ? json.rawJSON(source)
      : value,
  ) as JsonValue;
}

/** Hardly any text does: what it is parsed to need not be looked at. */
function hasManyBrackets(text: string): boolean {
  if (text.length <= 2 * MAX_JSON_DEPTH) return false;
  const opened = countUpTo(text, "{", MAX_JSON_DEPTH) + countUpTo(text, "[", MAX_JSON_DEPTH);
  return opened > MAX_JSON_DEPTH;
}

/** How often `character` is in the text; `most + 1` stands for every larger number. */
function countUpTo(text: string, character: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1 && count <= most; count += 1) {
    at = text.indexOf(character, at + 1);
  }
  return count;
}

function isDeeper(value: JsonValue | undefined, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isDeeper(item, levels - 1));
  for (const key in value) if (isDeeper(value[key], levels - 1)) return true;
  return false;
}

/** True where the double `value` prints the same number that `source` spells. */
function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false;
  if (Object.is(value, -0)) return false;
  if (Number.isSafeInteger(value) && /^-?\d+$/.test(source)) return true;
  return String(value) === source || digitsOf(String(value)) === digitsOf(source);
}

/** Significant digits and exponent in one normal form, so that 1.50e3 equals 1500. */
function digitsOf(text: string): string {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const digits = `${whole}${fraction}`;
  const significant = digits.replace(/^0+/, "");
  const trimmed = significant.replace(/0+$/, "");
  if (trimmed === "") return "0";
  const scale = Number(exponent) - fraction.length + (significant.length - trimmed.length);
  return `${sign}${trimmed}e${scale}`;
}

/**
 * The same value with every kept number as the nearest double: what an in-process function that
 * expects plain numbers is given. Returns the value itself where there is nothing to change.
 */
export function toPlainNumbers(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (json.isRawJSON(value)) return Number(value.rawJSON);
  if (Array.isArray(value)) {
    const items = value.map(toPlainNumbers);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  let copy: JsonObject | undefined;
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const plain = toPlainNumbers(item);
    if (plain === item) continue;
    copy ??= { ...value };
    copy[key] = plain;
  }
  return copy ?? value;
}

/** A number kept digit by digit, which must stay the very object that `JSON.stringify` knows. */
export function isKeptNumber(value: unknown): boolean {
  return json.isRawJSON(value);
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
