import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { Snapshot } from "./snapshot.ts";

export interface SoundTools {
  readonly tools: readonly JsonObject[];
  /** What was wrong with others. */
  readonly warnings: readonly string[];
}

/** Of more faults of one list the number is told. */
const MOST_FAULTS = 10;

/**
 * The tools of a list that can be offered. Clients give up on a whole list for one entry without a name, or
 * for two with the same: such a tool is left out and reported, the others are served.
 */
export function soundTools(all: readonly JsonObject[]): SoundTools {
  const faults: string[] = [];
  return { tools: named(all, "tools", faults), warnings: inShort(faults) };
}

/** Lists without what nobody can ask for; the very same where all of it is sound. */
export interface SoundLists {
  readonly lists: Snapshot;
  readonly warnings: readonly string[];
}

const known = new WeakMap<Snapshot, SoundLists>();

/** The prompts, resources and templates that can be offered, as `soundTools` has the tools. */
export function soundLists(offered: Snapshot): SoundLists {
  const found = known.get(offered) ?? sortLists(offered);
  known.set(offered, found);
  return found;
}

function sortLists(offered: Snapshot): SoundLists {
  const faults: string[] = [];
  const prompts = named(offered.prompts, "prompts", faults);
  const resources = addressed(offered.resources, "uri", faults);
  const templates = addressed(offered.templates, "uriTemplate", faults);
  const isSame = faults.length === 0;
  return {
    lists: isSame ? offered : { ...offered, prompts, resources, templates },
    warnings: inShort(faults),
  };
}

/** With an address, and a name, without which clients refuse the whole list. */
function addressed(
  all: readonly JsonObject[],
  key: "uri" | "uriTemplate",
  faults: string[],
): JsonObject[] {
  return all.flatMap((item, at) => {
    const { name, [key]: address } = item;
    if (typeof address !== "string" || address === "") {
      faults.push(`resources: number ${at + 1} of its list has no ${key} and is left out`);
      return [];
    }
    if (typeof name === "string") return [item];
    faults.push(`resources: ${address} has no name and is called by its address`);
    return [{ ...item, name: address }];
  });
}

/** With the input schema of an object, without which clients refuse the whole list. */
export function withObjectInput(definition: JsonObject): JsonObject {
  const { inputSchema } = definition;
  if (isJsonObject(inputSchema) && inputSchema.type === "object") return definition;
  return {
    ...definition,
    inputSchema: { ...(isJsonObject(inputSchema) && inputSchema), type: "object" },
  };
}

export function inShort(faults: readonly string[]): string[] {
  if (faults.length <= MOST_FAULTS) return [...faults];
  return [...faults.slice(0, MOST_FAULTS), `${faults.length - MOST_FAULTS} more like these`];
}

/** Those that can be asked for by a name that is theirs alone. */
function named(
  all: readonly JsonObject[],
  what: "tools" | "prompts",
  faults: string[],
): JsonObject[] {
  const names = new Set<string>();
  return all.filter(({ name }, at) => {
    if (typeof name !== "string" || name.trim() === "") {
      faults.push(`${what}: number ${at + 1} of its list has no name and is left out`);
      return false;
    }
    if (names.has(name)) {
      faults.push(`${what}: it lists "${name}" twice; the second is left out`);
      return false;
    }
    names.add(name);
    return true;
  });
}
