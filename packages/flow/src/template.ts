import { isJsonObject, type JsonValue, messageOf, TrestleError } from "@trestle/protocol";
import { isRawNumber } from "./raw-number.ts";
import {
  beginsReference,
  type Reference,
  type ReferenceNames,
  readReference,
} from "./references.ts";

/** A value whose strings may hold references, read once and filled many times. */
export type Template =
  | { readonly kind: "value"; readonly value: JsonValue }
  /** The whole string is one reference: the value keeps its type. */
  | { readonly kind: "reference"; readonly reference: Reference }
  | { readonly kind: "text"; readonly parts: readonly (string | Reference)[] }
  | { readonly kind: "list"; readonly items: readonly Template[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Template])[] };

const MAX_DEPTH = 64;

/** Reads every string in `value`; `where` names the place in messages, as `arguments`. Keys are never references. */
export function parseTemplate(value: JsonValue, where: string, names: ReferenceNames): Template {
  return parseAt(value, { where, depth: 0 }, names);
}

interface Place {
  readonly where: string;
  readonly depth: number;
}

function parseAt(value: JsonValue, { where, depth }: Place, names: ReferenceNames): Template {
  if (depth > MAX_DEPTH) {
    throw new TrestleError("invalid_input", `${where} is nested deeper than ${MAX_DEPTH} levels`);
  }
  if (typeof value === "string") return parseText(value, where, names);
  if (Array.isArray(value)) {
    const items = value.map((item, index) =>
      parseAt(item, { where: `${where}[${index}]`, depth: depth + 1 }, names),
    );
    return items.every(isConstant)
      ? { kind: "value", value: items.map((item) => item.value) }
      : { kind: "list", items };
  }
  if (!isJsonObject(value) || isRawNumber(value)) return { kind: "value", value };
  const entries = Object.entries(value).flatMap(([key, item]) => {
    if (item === undefined) return [];
    return [[key, parseAt(item, { where: `${where}.${key}`, depth: depth + 1 }, names)] as const];
  });
  const constants = entries.flatMap(([key, item]) => (isConstant(item) ? [[key, item.value]] : []));
  return constants.length === entries.length
    ? { kind: "value", value: Object.fromEntries(constants) }
    : { kind: "object", entries };
}

function isConstant(item: Template): item is Template & { kind: "value" } {
  return item.kind === "value";
}

function parseText(text: string, where: string, names: ReferenceNames): Template {
  if (!text.includes("$")) return { kind: "value", value: text };
  try {
    return toTemplate(splitText(text, names));
  } catch (error) {
    throw new TrestleError("invalid_input", `${where}: ${messageOf(error)}`, { cause: error });
  }
}

function toTemplate(parts: readonly (string | Reference)[]): Template {
  const [first = ""] = parts;
  if (parts.length > 1) return { kind: "text", parts };
  if (typeof first === "string") return { kind: "value", value: first };
  return { kind: "reference", reference: first };
}

/**
 * Literal text and references in turn. A backslash escapes only a dollar that would begin a
 * reference, so that regular expressions and shell quoting (`\$5`, `\$PATH`) keep theirs.
 */
function splitText(text: string, names: ReferenceNames): (string | Reference)[] {
  const parts: (string | Reference)[] = [];
  let literal = "";
  let from = 0;
  for (let at = text.indexOf("$"); at !== -1; at = text.indexOf("$", at)) {
    if (!beginsReference(text, at, names)) {
      at += 1;
      continue;
    }
    const slashes = countSlashes(text, at);
    literal += text.slice(from, at - slashes) + "\\".repeat(Math.floor(slashes / 2));
    from = at;
    if (slashes % 2 === 1) {
      at += 1;
      continue;
    }
    const reference = readReference(text, at, names);
    if (reference === undefined) break;
    if (literal !== "") parts.push(literal);
    parts.push(reference);
    literal = "";
    at += reference.text.length;
    from = at;
  }
  literal += text.slice(from);
  return literal === "" ? parts : [...parts, literal];
}

/** The text that is read as these very characters: what would begin a reference is escaped. */
export function escapeText(text: string, names: ReferenceNames): string {
  let escaped = "";
  let from = 0;
  for (let at = text.indexOf("$"); at !== -1; at = text.indexOf("$", at + 1)) {
    if (!beginsReference(text, at, names)) continue;
    const slashes = countSlashes(text, at);
    escaped += `${text.slice(from, at)}${"\\".repeat(slashes + 1)}`;
    from = at;
  }
  return escaped + text.slice(from);
}

function countSlashes(text: string, at: number): number {
  let count = 0;
  while (text[at - 1 - count] === "\\") count += 1;
  return count;
}

/** Every reference in a template, in reading order. */
export function referencesOf(template: Template): Reference[] {
  switch (template.kind) {
    case "value":
      return [];
    case "reference":
      return [template.reference];
    case "text":
      return template.parts.filter((part) => typeof part !== "string");
    case "list":
      return template.items.flatMap(referencesOf);
    case "object":
      return template.entries.flatMap(([, item]) => referencesOf(item));
  }
}
