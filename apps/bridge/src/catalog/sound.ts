import { isJsonObject, type JsonObject } from "@trestle/protocol";

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
  const names = new Set<string>();
  const faults: string[] = [];
  const tools = all.filter((tool, at) => {
    const { name } = tool;
    if (typeof name !== "string" || name.trim() === "") {
      faults.push(`tools: number ${at + 1} of its list has no name and is left out`);
      return false;
    }
    if (names.has(name)) {
      faults.push(`tools: it lists "${name}" twice; the second is left out`);
      return false;
    }
    names.add(name);
    return true;
  });
  return { tools, warnings: inShort(faults) };
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
