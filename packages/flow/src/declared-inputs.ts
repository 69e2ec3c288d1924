import { isJsonObject, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { isRawNumber } from "./raw-number.ts";

/** What a chain says of its inputs besides their values. */
export interface DeclaredInputs {
  /** Inputs without a value: whoever runs the chain must give one. */
  readonly needed: readonly string[];
  /** The types of JSON Schema that an input takes, where it says so. */
  readonly types: Readonly<Record<string, readonly string[]>>;
}

const TYPES = ["string", "number", "integer", "boolean", "array", "object", "null"];

/** Reads the `inputSchema` of a chain: its properties, their types and defaults. All else in it is for its readers. */
export function declaredInputs(
  schema: JsonObject,
  fail: (problem: string) => TrestleError,
): DeclaredInputs & { readonly defaults: JsonObject } {
  const { properties = {} } = schema;
  if (!isJsonObject(properties)) throw fail("its properties must be an object");
  const defaults: JsonObject = {};
  const needed: string[] = [];
  const types: Record<string, readonly string[]> = {};
  for (const [name, property] of Object.entries(properties)) {
    if (!isJsonObject(property)) throw fail(`"${name}" must be an object`);
    if (property.default === undefined) needed.push(name);
    else defaults[name] = property.default;
    if (property.type !== undefined) types[name] = typesOf(property.type, name, fail);
  }
  return { defaults, needed, types };
}

/** Throws `invalid_input` naming an input that has no value, or one of the wrong kind. */
export function refuseInputs(input: JsonObject, { needed, types }: DeclaredInputs): void {
  const missing = needed.filter((name) => !Object.hasOwn(input, name));
  if (missing.length > 0) {
    const names = missing.map((name) => `"${name}"`).join(", ");
    throw new TrestleError("invalid_input", `input ${names} has no value; the run must give it`);
  }
  for (const [name, allowed] of Object.entries(types)) {
    const value = input[name];
    if (value === undefined || allowed.some((type) => isOf(value, type))) continue;
    throw new TrestleError("invalid_input", `input "${name}" must be ${allowed.join(" or ")}`);
  }
}

function typesOf(
  type: JsonValue,
  name: string,
  fail: (problem: string) => TrestleError,
): readonly string[] {
  const all = Array.isArray(type) ? type : [type];
  const known = all.filter((each) => typeof each === "string" && TYPES.includes(each));
  if (known.length === all.length && all.length > 0) return known.map(String);
  throw fail(`"${name}" has a type that JSON Schema does not know`);
}

function isOf(value: JsonValue, type: string): boolean {
  if (isRawNumber(value)) return type === "number" || type === "integer";
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isJsonObject(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}
