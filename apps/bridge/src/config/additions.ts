import { isDeepStrictEqual } from "node:util";
import { isJsonObject } from "@trestle/protocol";

/** What makes one value of another, where that is little: what was added, or put in its place. */
export type Additions =
  | { readonly whole: unknown }
  | { readonly more: Readonly<Record<string, Additions>> };

/** Nothing where both are the same. */
export function additionsTo(from: unknown, value: unknown): Additions | undefined {
  if (isDeepStrictEqual(value, from)) return undefined;
  if (!isJsonObject(value) || !isJsonObject(from)) return { whole: value };
  if (!Object.keys(from).every((key) => Object.hasOwn(value, key))) return { whole: value };
  const more = Object.entries(value).flatMap(([key, part]) => {
    const added = Object.hasOwn(from, key) ? additionsTo(from[key], part) : { whole: part };
    return added ? [[key, added]] : [];
  });
  return { more: Object.fromEntries(more) };
}

export function withAdditions(from: unknown, additions: Additions | undefined): unknown {
  if (!additions) return from;
  if ("whole" in additions) return additions.whole;
  const before = isJsonObject(from) ? from : {};
  const more = Object.entries(additions.more).map(([key, added]) => [
    key,
    withAdditions(before[key], added),
  ]);
  return { ...before, ...Object.fromEntries(more) };
}

/** A text, a comment, or anything else up to the next of them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|\/\/[^\n\r]*|\/\*[\s\S]*?\*\//g;
const TEXT_OR_COMMA = /"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g;

/** The value of JSON with comments and trailing commas that is known to be good. */
export function readGoodJson(text: string): unknown {
  const bare = text.replace(TOKEN, (token) => (token.startsWith('"') ? token : " "));
  return JSON.parse(bare.replace(TEXT_OR_COMMA, (token) => (token === "," ? " " : token)));
}
