import { readFileSync } from "node:fs";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  messageOf,
  parseJson,
  TrestleError,
} from "@trestle/protocol";
import { typedText } from "../inbound/typed-text.ts";
import { objectOf } from "./data.ts";
import type { Terminal } from "./terminal.ts";

/** The value of a file, or of stdin for `-`. */
export async function readJsonFile(name: string, terminal: Terminal): Promise<JsonValue> {
  const source = name === "-" ? "stdin" : name;
  const text = name === "-" ? await readAll(terminal.input) : readFile(name);
  return parsed(text, source);
}

/**
 * The arguments of a call: nothing, `'{json}'`, `@file`, `-` for stdin, or pairs like `key=value`, whose
 * types the tool's own schema tells; `key:=json` is JSON whatever the schema.
 */
export async function readArguments(
  words: readonly string[],
  terminal: Terminal,
  schemaOf: () => Promise<JsonObject>,
): Promise<JsonObject> {
  const [first] = words;
  if (first === undefined) return {};
  if (arePairs(words)) {
    return readPairs(words, objectOf((await schemaOf()).properties));
  }
  if (words.length > 1) {
    throw usage(
      `After "${words[0]}" nothing may follow. Arguments are one JSON object, @file, - or key=value pairs.`,
    );
  }
  const value = await readWord(first, terminal);
  if (isJsonObject(value)) return value;
  throw usage("The arguments must be a JSON object, like '{\"a\": 1}'.");
}

/** Is this `key=value …` rather than one JSON object, wherever that stands? */
export function arePairs([first = ""]: readonly string[]): boolean {
  return first.includes("=") && !/^\s*[{[@]/.test(first);
}

/** `key=value` words as an object. */
export function readPairs(words: readonly string[], properties: JsonObject): JsonObject {
  const given: JsonObject = {};
  for (const word of words) {
    const [, key, isJson, text = ""] = /^([^=:]+)(:?)=([\s\S]*)$/.exec(word) ?? [];
    if (key === undefined) throw usage(`"${word}" is no pair: write key=value.`);
    if (Object.hasOwn(given, key)) throw usage(`"${key}" is given twice.`);
    const schema = properties[key];
    given[key] = isJson
      ? parsed(text, key)
      : typedText(text, isJsonObject(schema) ? schema : undefined);
  }
  return given;
}

async function readWord(word: string, terminal: Terminal): Promise<JsonValue> {
  if (word === "-") return readJsonFile("-", terminal);
  return word.startsWith("@") ? readJsonFile(word.slice(1), terminal) : parsed(word, undefined);
}

function parsed(text: string, source: string | undefined): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    const what = source === undefined ? "The arguments are" : `${source} is`;
    throw usage(`${what} not valid JSON: ${messageOf(error)}.`);
  }
}

function readFile(name: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (error) {
    throw usage(`${name} cannot be read: ${messageOf(error)}.`);
  }
}

async function readAll(input: NodeJS.ReadStream): Promise<string> {
  input.setEncoding("utf8");
  let text = "";
  for await (const part of input) text += String(part);
  return text;
}

export function usage(message: string): TrestleError {
  return new TrestleError("invalid_input", message);
}
