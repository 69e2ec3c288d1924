import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  nearestName,
  TrestleError,
} from "@trestle/protocol";

/** Reads the keys of one object of a definition; every refusal names the object and the key. */
export interface Fields {
  /** Throws for a key that is not among `known`, naming the nearest. */
  allow(known: readonly string[]): void;
  text(key: string): string | undefined;
  needText(key: string): string;
  flag(key: string): boolean | undefined;
  /** Whole and above zero. */
  count(key: string): number | undefined;
  object(key: string): JsonObject | undefined;
  list(key: string): JsonValue[] | undefined;
  oneOf<T extends string>(key: string, options: readonly T[]): T | undefined;
  fail(key: string, problem: string): TrestleError;
}

export function createFields(value: unknown, where: string): Fields {
  if (!isJsonObject(value)) {
    throw new TrestleError("invalid_input", `${where} must be an object, not ${kindOf(value)}`);
  }
  const fail = (key: string, problem: string) =>
    new TrestleError("invalid_input", `${where}, ${key}: ${problem}`, { details: { where, key } });

  function read<T>(key: string, expected: string, is: (item: unknown) => item is T) {
    const item = Object.hasOwn(value as JsonObject, key) ? (value as JsonObject)[key] : undefined;
    if (item === undefined || item === null) return undefined;
    if (is(item)) return item;
    throw fail(key, `expected ${expected}, found ${kindOf(item)}`);
  }
  const text = (key: string) => read(key, "text", isText);

  return {
    allow: (known) => refuseUnknown(value, known, fail),
    text,
    needText(key) {
      const found = text(key);
      if (found === undefined || found === "") throw fail(key, "is missing; it must be a text");
      return found;
    },
    flag: (key) => read(key, "true or false", (item) => typeof item === "boolean"),
    count: (key) => read(key, "a whole number above zero", isCount),
    object: (key) => read(key, "an object", isJsonObject),
    list: (key) => read(key, "a list", (item): item is JsonValue[] => Array.isArray(item)),
    oneOf(key, options) {
      const isOption = (item: unknown): item is (typeof options)[number] =>
        (options as readonly unknown[]).includes(item);
      return read(key, `one of ${options.join(", ")}`, isOption);
    },
    fail,
  };
}

function refuseUnknown(
  value: JsonObject,
  known: readonly string[],
  fail: (key: string, problem: string) => TrestleError,
): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const nearest = nearestName(key, known);
    const hint =
      nearest === undefined ? `known: ${known.join(", ")}` : `did you mean "${nearest}"?`;
    throw fail(key, `is no key here; ${hint}`);
  }
}

function isText(item: unknown): item is string {
  return typeof item === "string";
}

function isCount(item: unknown): item is number {
  return Number.isSafeInteger(item) && (item as number) > 0;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : JSON.stringify(value).slice(0, 60);
}
