import { isDeepStrictEqual } from "node:util";
import { type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { createScanner, findNodeAtLocation, type Node, parseTree } from "jsonc-parser";
import { type KeyPath, parseDocument, pathOf } from "../document.ts";

/**
 * Changes of a JSON file with comments that leave every other character as it was. The library's own way
 * drops comments beside what it removes, and is wrong where a comma ends a list.
 */

const OPTIONS = { allowTrailingComma: true };

export interface Change {
  readonly remove?: readonly string[];
  readonly add?: JsonObject;
}

/** The text with members of the object at `section` removed and added; the object is made where it is missing. */
export function changeJson(text: string, section: KeyPath, change: Change, path: string): string {
  return keepMark(text, (plain) => changePlain(plain, section, change, path));
}

/** Editors on Windows begin a file with a mark, which stays. */
export function keepMark(text: string, change: (plain: string) => string): string {
  return text.startsWith("\uFEFF") ? `\uFEFF${change(text.slice(1))}` : change(text);
}

function changePlain(text: string, section: KeyPath, change: Change, path: string): string {
  const wanted = valueAt(parseDocument(text, path).value, section) ?? {};
  const { remove = [], add = {} } = change;
  const expected = {
    ...Object.fromEntries(Object.entries(wanted).filter(([key]) => !remove.includes(key))),
    ...add,
  };
  let next = text;
  for (const key of remove) {
    if (!Object.hasOwn(add, key)) next = withoutMember(next, section, key);
  }
  for (const [key, value] of Object.entries(add))
    next = withMember(next, section, key, value ?? null);
  const got = valueAt(parseDocument(next, path).value, section) ?? {};
  if (isDeepStrictEqual(got, expected)) return next;
  throw new TrestleError(
    "invalid_config",
    `${path}: ${pathOf(section)} cannot be changed safely: is a key in it twice?`,
  );
}

/** The characters of the value at `section`. */
export function jsonTextAt(text: string, section: KeyPath): string | undefined {
  const node = nodeAt(text, section);
  return node && text.slice(node.offset, node.offset + node.length);
}

/** The text with other characters for the value at `section`, which must be there. */
export function replaceJsonText(text: string, section: KeyPath, value: string): string {
  const node = nodeAt(text, section);
  if (!node) return text;
  return text.slice(0, node.offset) + value + text.slice(node.offset + node.length);
}

export function valueAt(value: unknown, section: KeyPath): unknown {
  return section.reduce(
    (node, key) =>
      typeof node === "object" && node !== null && Object.hasOwn(node, key)
        ? (node as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );
}

function nodeAt(text: string, section: KeyPath): Node | undefined {
  const tree = parseTree(text, [], OPTIONS);
  return tree && findNodeAtLocation(tree, [...section]);
}

function withMember(text: string, section: KeyPath, key: string, value: JsonValue): string {
  const object = nodeAt(text, section);
  if (object?.type !== "object") {
    // A file that is no object holds no servers; what is said of it is said by the check afterwards.
    if (section.length === 0) return text;
    const parent = section.slice(0, -1);
    return withMember(text, parent, String(section.at(-1)), { [key]: value });
  }
  const there = object.children?.find(({ children }) => children?.[0]?.value === key)
    ?.children?.[1];
  if (there) {
    const written = valueText(value, {
      ...styleOf(text, object),
      inner: indentAt(text, there.offset),
    });
    return text.slice(0, there.offset) + written + text.slice(there.offset + there.length);
  }
  const style = styleOf(text, object);
  const member = memberText(key, value, style);
  const last = object.children?.at(-1);
  if (!last) {
    const start = object.offset + 1;
    const rest = text.slice(start);
    const closing = /^\s*\}/.test(rest) ? `${style.eol}${style.outer}${rest.trimStart()}` : rest;
    return (
      text.slice(0, start) +
      (style.eol === "" ? member + rest.trimStart() : style.eol + style.inner + member + closing)
    );
  }
  const end = last.offset + last.length;
  const comma = commaAfter(text, end);
  const from = endOfLineComment(text, comma === undefined ? end : comma + 1);
  return [
    text.slice(0, end),
    comma === undefined ? "," : "",
    text.slice(end, from),
    style.eol,
    style.eol === "" ? "" : style.inner,
    member,
    comma === undefined ? "" : ",",
    text.slice(from),
  ].join("");
}

function withoutMember(text: string, section: KeyPath, key: string): string {
  const object = nodeAt(text, section);
  const members = object?.children ?? [];
  const index = members.findIndex(({ children }) => children?.[0]?.value === key);
  const member = members[index];
  if (!member) return text;
  const lineStart = text.lastIndexOf("\n", member.offset - 1) + 1;
  const ownsLine = text.slice(lineStart, member.offset).trim() === "";
  const after = member.offset + member.length;
  const comma = commaAfter(text, after);
  const end = endOfLineComment(text, comma === undefined ? after : comma + 1);
  const [, lineBreak] = /^[ \t]*(\r?\n)/.exec(text.slice(end)) ?? [];
  const cutsLine = ownsLine && lineBreak !== undefined;
  const tail = cutsLine
    ? text.slice(text.indexOf("\n", end) + 1)
    : text.slice(end).replace(/^ /, "");
  const head = text.slice(0, cutsLine ? lineStart : member.offset);
  const previous = members[index - 1];
  if (comma !== undefined || !previous) return head + tail;
  const before = commaAfter(text, previous.offset + previous.length);
  return before === undefined ? head + tail : head.slice(0, before) + head.slice(before + 1) + tail;
}

interface Style {
  /** Empty where everything stands on one line. */
  readonly eol: string;
  readonly unit: string;
  readonly outer: string;
  readonly inner: string;
}

function styleOf(text: string, object: Node): Style {
  const isOneLine = text.trim() !== "" && !text.trim().includes("\n") && text.trim().length > 2;
  const eol = isOneLine ? "" : text.includes("\r\n") ? "\r\n" : "\n";
  const [, found = "  "] = /\n([ \t]+)\S/.exec(text) ?? [];
  const unit = found.startsWith("\t") ? "\t" : found;
  const outer = indentAt(text, object.offset);
  const first = object.children?.[0];
  const ownsLine =
    first &&
    text.slice(0, first.offset).trimEnd() !== text.slice(0, first.offset).replace(/[ \t]+$/, "");
  return { eol, unit, outer, inner: ownsLine ? indentAt(text, first.offset) : outer + unit };
}

function indentAt(text: string, offset: number): string {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart))?.[0] ?? "";
}

function memberText(key: string, value: JsonValue, style: Style): string {
  return `${JSON.stringify(key)}:${style.eol === "" ? "" : " "}${valueText(value, style)}`;
}

function valueText(value: JsonValue, { eol, unit, inner }: Style): string {
  if (eol === "") return JSON.stringify(value);
  return JSON.stringify(value, null, unit)
    .split("\n")
    .join(eol + inner);
}

/** Where the comma behind a value is, whatever comments stand between. */
function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  const next = scanner.getTokenOffset();
  return text[next] === "," ? next : undefined;
}

/** Behind the comment that ends the line, where nothing else stands between. */
function endOfLineComment(text: string, offset: number): number {
  const [whole = "", comment] =
    /^[ \t]*(\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/(?=[ \t]*\r?\n))?/.exec(text.slice(offset)) ?? [];
  return comment === undefined ? offset : offset + whole.length;
}
