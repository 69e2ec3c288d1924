import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonObject, TrestleError } from "@trestle/protocol";
import { parse, stringify, TomlError } from "smol-toml";
import type { Change } from "./json-edit.ts";

/** Changes of a TOML file that leave every other line as it was: whole tables go and come. */

/** Throws `invalid_config` by file and line. */
export function parseToml(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [, what = "not valid"] = /^Invalid TOML document: (.*)/.exec(error.message) ?? [];
    throw new TrestleError("invalid_config", `${path}:${error.line}: not valid TOML (${what}).`);
  }
}

/** The text with tables `[section.NAME]` and what is below them removed and added. */
export function changeToml(text: string, section: string, change: Change, path: string): string {
  const { remove = [], add = {} } = change;
  const gone = [...remove, ...Object.keys(add)];
  const kept = linesWithout(text, section, gone);
  const blocks = Object.entries(add).map(([name, value]) =>
    stringify({ [section]: { [name]: value } }),
  );
  const next = withBlocks(kept, blocks, eolOf(text));
  checkToml({ text, next, section, path }, gone, add);
  return next;
}

/** The text with the tables that `from` holds for these names, as they stand there. */
export function restoreToml(
  text: string,
  section: string,
  from: string,
  names: readonly string[],
): string {
  const blocks = names.map((name) => blocksOf(from, section, name));
  return withBlocks(text, blocks, eolOf(from));
}

interface Edited {
  readonly text: string;
  readonly next: string;
  readonly section: string;
  readonly path: string;
}

/** Servers may be written in ways that are no tables of their own; then nothing is changed. */
function checkToml({ text, next, section, path }: Edited, gone: string[], add: JsonObject): void {
  const { [section]: servers = {}, ...rest } = parseToml(text, path);
  const wanted = {
    ...Object.fromEntries(
      Object.entries(servers as object).filter(([name]) => !gone.includes(name)),
    ),
    ...add,
  };
  try {
    const { [section]: got = {}, ...others } = parse(next);
    if (isDeepStrictEqual(plain(got), plain(wanted)) && isDeepStrictEqual(others, rest)) return;
  } catch {
    // Told below.
  }
  throw new TrestleError(
    "invalid_config",
    `${path}: its servers are not written as tables [${section}.NAME]; write them so, and try again.`,
  );
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly keys: readonly string[];
}

/** Each with what ends it. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

/** The tables of a text by their lines. A line within a longer value only looks like the head of one. */
function blocksIn(lines: readonly string[]): Block[] {
  const heads = lines.flatMap((line, index) => {
    const keys = /^\s*\[/.test(line) ? keysOf(line) : undefined;
    return keys && isComplete(lines.slice(0, index).join("")) ? [{ from: index, keys }] : [];
  });
  return heads.map((head, index) => ({
    ...head,
    to: endOfBlock(lines, head.from, heads[index + 1]?.from ?? lines.length),
  }));
}

/** Comments behind the last key of a table may be about anything: they are no part of it. */
function endOfBlock(lines: readonly string[], from: number, next: number): number {
  let end = next;
  while (end - 1 > from && /^\s*(#|$)/.test(lines[end - 1] ?? "")) end -= 1;
  while (end < next && (lines[end] ?? "").trim() === "") end += 1;
  return end;
}

function keysOf(line: string): string[] | undefined {
  try {
    const keys: string[] = [];
    let node: unknown = parse(line.trimEnd());
    for (;;) {
      if (Array.isArray(node)) node = node[0];
      const [key] = isJsonObject(node as never) ? Object.keys(node as object) : [];
      if (key === undefined) return keys;
      keys.push(key);
      node = (node as Record<string, unknown>)[key];
    }
  } catch {
    return undefined;
  }
}

function isComplete(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function isOf({ keys }: Block, section: string, names: readonly string[]): boolean {
  return keys[0] === section && keys[1] !== undefined && names.includes(keys[1]);
}

function linesWithout(text: string, section: string, names: readonly string[]): string {
  const lines = linesOf(text);
  const gone = blocksIn(lines).filter((block) => isOf(block, section, names));
  if (gone.length === 0) return text;
  return lines
    .filter((_, index) => !gone.some(({ from, to }) => index >= from && index < to))
    .join("");
}

function blocksOf(text: string, section: string, name: string): string {
  const lines = linesOf(text);
  return blocksIn(lines)
    .filter((block) => isOf(block, section, [name]))
    .map(({ from, to }) => lines.slice(from, to).join(""))
    .join("");
}

function eolOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function withBlocks(text: string, blocks: readonly string[], eol: string): string {
  const parts = blocks.map((block) => block.trim().replaceAll(/\r?\n/g, eol)).filter(Boolean);
  if (parts.length === 0) return text;
  const head = text.trimEnd();
  return (head === "" ? parts : [head, ...parts]).join(eol + eol) + eol;
}
