import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { nameAt, type Place } from "./places.ts";
import { isHidden, isScalar } from "./recorded.ts";
import { isOfIds, tellingOf } from "./telling.ts";

/** An input of the chain to be. */
export interface ChainInput {
  readonly name: string;
  /** As recorded; of a secret, only that it was there. */
  readonly value: JsonValue;
  /** It has no default: the history does not know the value. */
  readonly isRequired: boolean;
  readonly property: JsonObject;
}

/** Where a constant stands. */
export interface ConstantAt {
  readonly tool: string;
  readonly place: Place;
  /** What the tool says of its arguments. */
  readonly inputSchema?: JsonObject | undefined;
}

export interface ChainInputs {
  /** The name of the input that this constant becomes; undefined where it stays what it is. */
  nameFor(value: JsonValue, at: ConstantAt): string | undefined;
  all(): readonly ChainInput[];
}

/** A longer text was written for its step. */
const LONGEST = 200;

/**
 * What of the constants looks like an input: texts of one line and at most 200 letters, numbers that are
 * ids, lists of those. Not true and false, not what the tool allows only some values for, not a default of
 * the tool. What was redacted always is one, and has no default.
 */
export function createInputs(): ChainInputs {
  const inputs = new Map<string, ChainInput>();

  function nameOf(value: JsonValue, { tool, place }: ConstantAt): string {
    const key = wordOf(nameAt(place) ?? "input");
    for (const name of [key, `${wordOf(tool)}_${key}`]) {
      const other = inputs.get(name);
      if (other === undefined || isSame(other.value, value)) return name;
    }
    for (let count = 2; ; count += 1) {
      const other = inputs.get(`${key}_${count}`);
      if (other === undefined || isSame(other.value, value)) return `${key}_${count}`;
    }
  }

  return {
    nameFor(value, at) {
      const schema = schemaAt(at.inputSchema, at.place);
      const isRequired = isHidden(value);
      if (!isRequired && !looksLikeInput(value, at.place, schema)) return undefined;
      const name = nameOf(value, at);
      if (!inputs.has(name)) {
        inputs.set(name, { name, value, isRequired, property: propertyOf(value, schema) });
      }
      return name;
    },
    all: () => [...inputs.values()],
  };
}

function looksLikeInput(value: JsonValue, place: Place, schema: JsonObject | undefined): boolean {
  if (schema !== undefined && isFixed(value, schema)) return false;
  if (Array.isArray(value)) {
    return value.length > 0 && value.every((item) => isScalar(item) && isPlain(item));
  }
  if (typeof value === "string") return isPlain(value);
  if (typeof value === "number") return tellingOf(value) === "strong" || isOfIds(place);
  return isScalar(value) && tellingOf(value) === "strong";
}

function isPlain(value: JsonValue): boolean {
  if (typeof value === "number") return true;
  if (typeof value !== "string" || isHidden(value)) return false;
  return value.trim() !== "" && value.length <= LONGEST && !value.includes("\n");
}

/** Does the tool name the values that there are, or takes this one anyway? */
function isFixed(value: JsonValue, schema: JsonObject): boolean {
  if (schema.enum !== undefined || schema.const !== undefined) return true;
  return schema.default !== undefined && isSame(schema.default, value);
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** What a tool's schema says of the value at a place; undefined where it is not said plainly. */
function schemaAt(schema: JsonObject | undefined, place: Place): JsonObject | undefined {
  let at: JsonValue | undefined = schema;
  for (const name of place) {
    if (!isJsonObject(at)) return undefined;
    if (typeof name === "number") at = at.items;
    else at = isJsonObject(at.properties) ? at.properties[name] : undefined;
  }
  return isJsonObject(at) ? at : undefined;
}

function propertyOf(value: JsonValue, schema: JsonObject = {}): JsonObject {
  const hidden = isHidden(value);
  const type = typeOf(schema.type) ?? (hidden ? undefined : ownTypeOf(value));
  const { description } = schema;
  return {
    ...(type === undefined ? {} : { type }),
    ...(typeof description === "string" ? { description } : {}),
    ...(hidden ? {} : { default: value }),
  };
}

function typeOf(type: JsonValue | undefined): JsonValue | undefined {
  const known = ["string", "number", "integer", "boolean", "array", "object", "null"];
  const all = Array.isArray(type) ? type : [type];
  const isKnown = all.every((each) => typeof each === "string" && known.includes(each));
  return isKnown && all.length > 0 ? type : undefined;
}

function ownTypeOf(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "string" ? "string" : "number";
}

/** As references take names: a letter first, then letters, digits and `_`. */
function wordOf(name: string): string {
  const word = name.replaceAll(/[^\p{L}\p{N}_]+/gu, "_");
  const isTaken = /^(?:last_result|step_\d+|__proto__)$/.test(word);
  return /^[\p{L}_]/u.test(word) && !isTaken ? word : `input_${word}`;
}
