import type { JsonObject } from "@trestle/protocol";
import { type KeyPath, parseDocument } from "../../config/document.ts";
import { changeJson, valueAt } from "../../config/import/json-edit.ts";
import { toId } from "../../config/servers.ts";
import type { Patch } from "./patch.ts";

/** Patches as they stand in a file. What reads and changes files is loaded only where that is done. */

/** `mcpServers.github.policy.tools.list_issues.cache`. */
export function keyOf(entry: string, { section, name }: Patch): string {
  return ["mcpServers", entry, ...section, name].join(".");
}

/** The name under which a file has the server; undefined where it has it from elsewhere. */
export function entryNameOf(id: string, document: unknown): string | undefined {
  const entries = valueAt(document, ["mcpServers"]);
  const names = typeof entries === "object" && entries !== null ? Object.keys(entries) : [];
  return names.find((name) => name === id) ?? names.find((name) => toId(name) === id);
}

/** The patch as it would stand in the file. */
export function asConfig(entry: string, patch: Patch): JsonObject {
  const value: JsonObject = { ...patch.base, [patch.name]: patch.value };
  return ["mcpServers", entry, ...patch.section].reduceRight<JsonObject>(
    (inner, name) => ({ [name]: inner }),
    value,
  );
}

/** The text of a configuration with the patches in it; every other character stays. */
export function applyPatches(
  text: string,
  patches: readonly { readonly entry: string; readonly patch: Patch }[],
  path: string,
): string {
  return patches.reduce((current, { entry, patch }) => {
    const section: KeyPath = ["mcpServers", entry, ...patch.section];
    const isThere = valueAt(parseDocument(current, path).value, section) !== undefined;
    const { base, name, value } = patch;
    if (isThere || base === undefined)
      return changeJson(current, section, { add: { [name]: value } }, path);
    const [last] = section.slice(-1);
    const whole = { [String(last)]: { ...base, [name]: value } };
    return changeJson(current, section.slice(0, -1), { add: whole }, path);
  }, text);
}
