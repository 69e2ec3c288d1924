import { type Call, note, type Policy } from "@trestle/policy";
import { isJsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { partOf } from "./kept-part.ts";
import { isAddress, notKept, readAddress } from "./result-address.ts";
import type { KeptResult, ResultReader } from "./results.ts";

/**
 * Handles of kept results among the arguments of a call, in two forms: `{"$result": HANDLE, "path": PATH}`
 * stands for a value (JSON where the result is JSON), `"result://HANDLE#PATH"` for its text, which fits where
 * the tool's schema asks for a string. The path may be left out.
 */

export interface ResultArgumentsParts {
  readonly results: ResultReader;
  /** Are results kept at all? Asked for every call. */
  readonly isOn: () => boolean;
  /** Calls whose arguments are read by those that they are for: of our own tools. */
  readonly isExempt: (call: Call) => boolean;
}

/** Values of one call together, in characters: what is referred to many times is sent as often. */
const MOST_CHARACTERS = 32 * 1024 * 1024;
const DEEPEST = 64;

/** Puts what handles stand for in their place. Further out the call is as its caller wrote it: so the history has it. */
export function resultArguments({ results, isOn, isExempt }: ResultArgumentsParts): Policy {
  return function resultArguments(call, next) {
    // A stand-in's arguments were made of values that are in their place already.
    if (!isOn() || call.fallbackFrom !== undefined || isExempt(call)) return next(call);
    const { arguments: given } = call.params;
    if (!hasReference(given, 0)) return next(call);
    return resolved(call, results).then(next);
  };
}

async function resolved(call: Call, results: ResultArgumentsParts["results"]): Promise<Call> {
  const known = await keptOf(call, results);
  let characters = 0;
  let count = 0;

  function standsFor({ handle, path, isText }: Reference, field: string): JsonValue {
    const kept = known.get(handle);
    if (!kept) throw notKept(field);
    const pathField = isText ? field : `${field}.path`;
    const part = path === undefined ? undefined : partOf(kept, path, pathField);
    const whole = isText ? kept.text : (kept.value() ?? kept.text);
    const text = part === undefined ? kept.text : textOf(part);
    count += 1;
    characters += Math.max(text.length, part === undefined ? kept.size : 0);
    if (characters > MOST_CHARACTERS) throw tooMuch(field);
    return part === undefined ? whole : isText ? text : part;
  }

  function replaced(value: JsonValue, field: string, depth: number): JsonValue {
    const reference = referenceIn(value, field);
    if (reference) return standsFor(reference, field);
    if (typeof value !== "object" || value === null || depth > DEEPEST) return value;
    if (Array.isArray(value)) {
      return value.map((item, index) => replaced(item, `${field}[${index}]`, depth + 1));
    }
    if (!hasReference(value, depth)) return value;
    // As own keys, also one that is called __proto__.
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) =>
        item === undefined ? [] : [[key, replaced(item, `${field}.${key}`, depth + 1)]],
      ),
    );
  }

  const args = replaced(call.params.arguments as JsonValue, "arguments", 0);
  note(call, "results", count === 1 ? "1 handle resolved" : `${count} handles resolved`);
  return { ...call, params: { ...call.params, arguments: args } };
}

/** All that the arguments refer to; of what is not kept, the first ends the search. */
async function keptOf(
  { params, context }: Call,
  results: ResultReader,
): Promise<Map<string, KeptResult>> {
  const known = new Map<string, KeptResult>();
  for (const handle of new Set(handlesIn(params.arguments as JsonValue, 0))) {
    const kept = await results.find(handle, context.principal);
    if (kept === undefined) break;
    known.set(handle, kept);
  }
  return known;
}

function handlesIn(value: JsonValue | undefined, depth: number): string[] {
  if (typeof value === "string") return handleIn(value);
  if (typeof value !== "object" || value === null || depth > DEEPEST) return [];
  const { $result: given } = value as { readonly $result?: JsonValue };
  const own = typeof given === "string" ? [readAddress(given)?.handle ?? given] : [];
  return [...own, ...Object.values(value).flatMap((item) => handlesIn(item, depth + 1))];
}

function handleIn(text: string): string[] {
  const address = readAddress(text);
  return address === undefined ? [] : [address.handle];
}

interface Reference {
  readonly handle: string;
  readonly path?: string;
  readonly isText: boolean;
}

/** Runs for every call while results are kept, and makes nothing. */
function hasReference(value: JsonValue | undefined, depth: number): boolean {
  if (typeof value === "string") return isAddress(value);
  if (typeof value !== "object" || value === null || depth > DEEPEST) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (hasReference(item, depth + 1)) return true;
    return false;
  }
  if (typeof value.$result === "string") return true;
  for (const key in value) if (hasReference(value[key], depth + 1)) return true;
  return false;
}

function referenceIn(value: JsonValue, field: string): Reference | undefined {
  if (typeof value === "string") {
    const address = readAddress(value);
    return address && { ...address, isText: true };
  }
  if (!isJsonObject(value) || typeof value.$result !== "string") return undefined;
  const { $result: given, path, ...rest } = value;
  const others = Object.keys(rest);
  if (others.length > 0 || (path !== undefined && typeof path !== "string")) {
    throw new TrestleError(
      "invalid_input",
      `${field}: a kept result is referred to as {"$result": "HANDLE", "path": "items[0].name"}; the path may be left out, and nothing else may be there.`,
      { details: { fields: [field], sent: false } },
    );
  }
  const { handle, path: inAddress } = readAddress(given) ?? { handle: given };
  const at = path ?? inAddress;
  return { handle, isText: false, ...(at === undefined ? {} : { path: at }) };
}

function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function tooMuch(field: string): TrestleError {
  return new TrestleError(
    "invalid_input",
    `${field}: the kept results among these arguments have more than ${MOST_CHARACTERS} characters together. Name a part of them with a path.`,
    { details: { fields: [field], sent: false } },
  );
}
