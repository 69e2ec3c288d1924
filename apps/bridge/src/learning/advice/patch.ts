import type { JsonObject, JsonValue } from "@trestle/protocol";
import { mostTelling } from "../../config/patterns.ts";
import type { ServerConfig } from "../../config/servers.ts";

/** One key of the configuration and what it should hold. */
export interface Patch {
  /** Below the server's entry: the members on the way to it. */
  readonly section: readonly string[];
  readonly name: string;
  readonly value: JsonValue;
  /** The member of the value that is the figure, where the value has members. */
  readonly field?: string;
  /** What the section holds first, where it is not there yet: what was said of the tool by a pattern. */
  readonly base?: JsonObject;
}

export type ToolPart = "cache" | "retry" | "timeout";

/** A change of what is said of one tool. Said by its own name, it replaces what a pattern says of it: that is kept. */
export function patchForTool(
  server: ServerConfig,
  tool: string,
  { part, field, to }: { readonly part: ToolPart; readonly field: string; readonly to: number },
): Patch {
  const tools = server.entry.policy?.tools ?? {};
  const known = mostTelling(tools, tool) as JsonObject | undefined;
  const before = known?.[part];
  const value = { ...(typeof before === "object" ? (before as JsonObject) : {}), [field]: to };
  const section = ["policy", "tools", tool];
  const isNew = known !== undefined && !Object.hasOwn(tools, tool);
  return { section, name: part, value, field, ...(isNew ? { base: known } : {}) };
}

/** An entry as it is with the patches, for a bridge that runs. */
export function withPatches<Entry extends object>(entry: Entry, patches: readonly Patch[]): Entry {
  return patches.reduce<Entry>(
    (current, { section, name, value, base }) =>
      setAt(current as JsonObject, [...section, name], { value, base }) as Entry,
    entry,
  );
}

function setAt(
  object: JsonObject,
  path: readonly string[],
  set: { readonly value: JsonValue; readonly base: JsonObject | undefined },
): JsonObject {
  const [name = "", ...rest] = path;
  if (rest.length === 0) return { ...object, [name]: set.value };
  const inner = object[name];
  const isObject = typeof inner === "object" && inner !== null && !Array.isArray(inner);
  const before = isObject ? inner : rest.length === 1 ? (set.base ?? {}) : {};
  return { ...object, [name]: setAt(before as JsonObject, rest, set) };
}
