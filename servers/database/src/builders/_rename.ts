import type { JsonObject, JsonValue } from "@trestle/protocol";
import { TOKENS } from "./_cases.ts";

const tokens = new Set<string>(TOKENS);
const WORDS = new Set(["and", "or", "not"]);

/** The same arguments with real names in the place of the tokens. */
export function rename(args: JsonObject, name: (token: string) => string): JsonObject {
  const entries = Object.entries(args).map(([key, value]) => [
    key,
    deep(value ?? null, name, key === "where" || key === "having"),
  ]);
  return Object.fromEntries(entries);
}

/** Of conditions, a column that is called like one of their words is written in quotes. */
function deep(value: JsonValue, name: (token: string) => string, inWhere: boolean): JsonValue {
  if (typeof value === "string") return tokens.has(value) ? name(value) : value;
  if (Array.isArray(value)) return value.map((each) => deep(each, name, inWhere));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const renamed = tokens.has(key) ? name(key) : key;
      const quoted = inWhere && tokens.has(key) && WORDS.has(renamed) ? `"${renamed}"` : renamed;
      return [quoted, deep(each ?? null, name, inWhere)];
    }),
  );
}

/** Every string in a tree with the tokens in it replaced, and without where in the text it stood. */
export function renameTree(tree: unknown, name: (token: string) => string): unknown {
  if (typeof tree === "string") return tree.replaceAll(/zq\w+?zq/g, name);
  if (Array.isArray(tree)) return tree.map((each) => renameTree(each, name));
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree)
      .filter(
        ([key]) =>
          !/^(?:location|stmt_len|stmt_location|list_start|list_end|rexpr_list_\w+)$/.test(key),
      )
      .map(([key, each]) => [key, renameTree(each, name)]),
  );
}
