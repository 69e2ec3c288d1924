import { canonicalJson, type JsonValue, TrestleError } from "@trestle/protocol";
import { type KeyPath, parseDocument, pathOf } from "../document.ts";
import type { Host } from "./host.ts";
import {
  type Change,
  changeJson,
  jsonTextAt,
  keepMark,
  replaceJsonText,
  valueAt,
} from "./json-edit.ts";
import type { OriginalRecord } from "./originals.ts";
import { entriesOf } from "./own-entry.ts";
import { changeToml, parseToml, restoreToml } from "./toml-edit.ts";

/** One way to read, change and restore the text of a host's file, whatever its format. */

export interface HostText {
  readonly format: Host["format"];
  readonly path: string;
}

/** The whole of it as a value. Throws `invalid_config` by file and line. */
export function parseHostText(text: string, { format, path }: HostText): unknown {
  if (withoutMark(text).trim() === "") return undefined;
  return format === "toml" ? parseToml(withoutMark(text), path) : parseDocument(text, path).value;
}

/** The value of the section, or nothing where the file has none. Throws `invalid_config` by file and line. */
export function readSection(text: string, section: KeyPath, where: HostText): unknown {
  const document = parseHostText(text, where);
  const value = valueAt(document, section) ?? undefined;
  const isObject = typeof value === "object" && !Array.isArray(value);
  const isWhole =
    document === undefined || (typeof document === "object" && !Array.isArray(document));
  if (isWhole && (value === undefined || isObject)) return value;
  const { path, format } = where;
  const line = format === "json" ? `:${parseDocument(text, path).lineOf(section)}` : "";
  const what = isWhole
    ? `${pathOf(section)}: must be an object of servers by name`
    : "is no object";
  throw new TrestleError("invalid_config", `${path}${line}: ${what}.`);
}

export function changeSection(
  text: string,
  section: KeyPath,
  change: Change,
  { format, path }: HostText,
): string {
  if (format === "toml") {
    return keepMark(text, (plain) => changeToml(plain, String(section[0]), change, path));
  }
  return changeJson(withoutMark(text).trim() === "" ? "{}\n" : text, section, change, path);
}

/** The characters that a later restoring compares and puts back; none where there is no such section. */
export function sectionText(text: string, section: KeyPath, { format }: HostText): string {
  return format === "toml" ? text : (jsonTextAt(withoutMark(text), section) ?? "");
}

export interface RestoredText {
  /** Nothing where the file is to go: it was not there, and nothing else has come into it. */
  readonly text: string | undefined;
  /** Servers that the host has had put there again since, in another way than before. */
  readonly kept: readonly string[];
}

/**
 * The text with what the host had. Where nobody touched the section since, it is what it was to the
 * character; else the bridge's entry goes and the originals come back beside what is new.
 */
export function restoreSection(
  text: string,
  record: OriginalRecord,
  where: HostText,
): RestoredText {
  const { section, before, after, created } = record;
  const now = sectionText(text, section, where);
  const restored =
    now === before
      ? { text, kept: [] }
      : now === after
        ? { text: putBack(text, record, where), kept: [] }
        : merge(text, record, where);
  const isEmpty = ["", "{}"].includes(withoutMark(restored.text).replaceAll(/\s/g, ""));
  return { ...restored, text: created && isEmpty ? undefined : restored.text };
}

function putBack(text: string, { section, before }: OriginalRecord, where: HostText): string {
  if (where.format === "toml") return before;
  if (before === "") return withoutSection(text, section, where);
  return keepMark(text, (plain) => replaceJsonText(plain, section, before));
}

function merge(
  text: string,
  record: OriginalRecord,
  where: HostText,
): { readonly text: string; readonly kept: readonly string[] } {
  const { section, before, entries } = record;
  const present = Object.fromEntries(entriesOf(readSection(text, section, where)));
  const remove = ownNames(present, record, where);
  const missing = Object.keys(entries).filter(
    (name) => !Object.hasOwn(present, name) || remove.includes(name),
  );
  const kept = Object.keys(entries).filter(
    (name) => !missing.includes(name) && !isSame(present[name], entries[name]),
  );
  if (where.format === "toml") {
    const without = changeSection(text, section, { remove }, where);
    return { text: restoreToml(without, String(section[0]), withoutMark(before), missing), kept };
  }
  const add = Object.fromEntries(missing.map((name) => [name, entries[name]]));
  const merged = changeSection(text, section, { remove, add }, where);
  const left = entriesOf(readSection(merged, section, where)).length;
  return {
    text: before === "" && left === 0 ? withoutSection(merged, section, where) : merged,
    kept,
  };
}

/** Our entry by its name, or under whatever name it has been given since. */
function ownNames(
  present: Readonly<Record<string, JsonValue>>,
  record: OriginalRecord,
  where: HostText,
): string[] {
  const { bridge, after, section } = record;
  if (bridge === undefined) return [];
  const written = Object.fromEntries(
    entriesOf(
      where.format === "toml"
        ? readSection(after, section, where)
        : parseHostText(after, { ...where, format: "json" }),
    ),
  )[bridge];
  return Object.entries(present)
    .filter(([name, entry]) => name === bridge || isSame(entry, written))
    .map(([name]) => name);
}

function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function withoutSection(text: string, section: KeyPath, where: HostText): string {
  return changeSection(text, section.slice(0, -1), { remove: [String(section.at(-1))] }, where);
}

function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, "");
}
