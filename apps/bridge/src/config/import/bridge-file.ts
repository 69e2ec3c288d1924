import type { JsonObject } from "@trestle/protocol";
import { parseDocument } from "../document.ts";
import { DEFAULT_SERVERS } from "../read.ts";
import { readWhole } from "./atomic-file.ts";
import { type Change, changeJson, valueAt } from "./json-edit.ts";

/** The bridge's own configuration as it is to be changed. */
export interface BridgeFile {
  readonly path: string;
  /** Nothing where the file is not there yet. */
  readonly before: string | undefined;
  /** What it serves: the entries of the file, or those it has without any. */
  readonly servers: JsonObject;
}

const SECTION = ["mcpServers"];

/** Throws `invalid_config` by file and line where it cannot be read. */
export function readBridgeFile(path: string): BridgeFile {
  const before = readWhole(path);
  const written = before === undefined ? undefined : entriesIn(before, path);
  return { path, before, servers: written ?? (DEFAULT_SERVERS as JsonObject) };
}

/** Its text with servers added and removed. What it serves by default is written down with the first of them. */
export function withServers({ path, before, servers }: BridgeFile, change: Change): string {
  const text = before?.trim() ? before : "{}\n";
  if (before !== undefined && entriesIn(before, path)) {
    return changeJson(text, SECTION, change, path);
  }
  const kept = Object.entries(servers).filter(([name]) => !change.remove?.includes(name));
  return changeJson(text, SECTION, { add: { ...Object.fromEntries(kept), ...change.add } }, path);
}

function entriesIn(text: string, path: string): JsonObject | undefined {
  if (text.trim() === "") return undefined;
  return valueAt(parseDocument(text, path).value, SECTION) as JsonObject | undefined;
}
