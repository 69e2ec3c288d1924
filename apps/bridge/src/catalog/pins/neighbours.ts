import type { JsonObject } from "@trestle/protocol";
import { OWN_SERVER } from "../../tools/names.ts";
import { type Glance, glanceAt } from "./look-alikes.ts";

/** A tool by its server and the name that its server gives it. */
export interface ToolName {
  readonly server: string;
  readonly name: string;
}

/** Which tools there are beside those of a server: what it says may be about them. */
export interface Neighbours {
  /** A tool of another server that is called so, by its name alone or with its server's id before it. */
  named(word: string, server: string): ToolName | undefined;
  /** A tool of another server whose name this one can be taken for. */
  imitatedBy(tool: ToolName): ToolName | undefined;
}

export interface OfferedTools {
  readonly id: string;
  readonly tools: readonly JsonObject[];
}

/** Nobody is looked at. */
export const noNeighbours: Neighbours = { named: () => undefined, imitatedBy: () => undefined };

/** Gives the same as before for as long as every server offers the same. */
export function createNeighbours(): (all: readonly OfferedTools[]) => Neighbours {
  let before: readonly OfferedTools[] = [];
  let neighbours = noNeighbours;
  return (all) => {
    const isSame =
      all.length === before.length &&
      all.every(({ id, tools }, at) => id === before[at]?.id && tools === before[at]?.tools);
    if (!isSame) [before, neighbours] = [all, neighboursOf(all)];
    return neighbours;
  };
}

export function neighboursOf(all: readonly OfferedTools[]): Neighbours {
  if (all.length < 2) return noNeighbours;
  const byName = new Map<string, string[]>();
  const byShape = new Map<string, (ToolName & Glance)[]>();
  const ids = new Set(all.map(({ id }) => id));
  for (const { id, tools } of all) {
    for (const { name: given } of tools) {
      const name = String(given);
      add(byName, name, id);
      const glance = glanceOf(name);
      add(byShape, glance.shape, { server: id, name, ...glance });
    }
  }

  function ofAnother(name: string, server: string): ToolName | undefined {
    const owners = byName.get(name) ?? [];
    // What its own server offers as well is its own. The bridge's tools have names that many use.
    const [owner] = owners.includes(server) ? [] : owners.filter((id) => id !== OWN_SERVER);
    return owner === undefined ? undefined : { server: owner, name };
  }

  /** `files__read`, `files.read`, `files/read`. */
  function qualified(word: string, server: string): ToolName | undefined {
    const [, id = "", name = ""] = /^([a-z0-9-]+)(?:__|\.|\/)(.+)$/.exec(word) ?? [];
    if (!ids.has(id) || id === server) return undefined;
    return byName.get(name)?.includes(id) ? { server: id, name } : undefined;
  }

  return {
    named: (word, server) => qualified(word, server) ?? ofAnother(word, server),
    imitatedBy({ server, name }) {
      const prefix = /^([a-z0-9-]+)__/.exec(name)?.[1];
      if (prefix !== undefined && prefix !== server && ids.has(prefix)) {
        return { server: prefix, name: name.slice(prefix.length + 2) };
      }
      const { shape, disguises } = glanceOf(name);
      return byShape
        .get(shape)
        ?.find(
          (other) =>
            other.server !== server &&
            other.name.toLowerCase() !== name.toLowerCase() &&
            other.disguises <= disguises,
        );
    },
  };
}

function add<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const found = map.get(key);
  if (found) found.push(value);
  else map.set(key, [value]);
}

const glances = new Map<string, Glance>();
const MOST_GLANCES = 20_000;

/** Names are looked at anew with every change of any list. */
function glanceOf(name: string): Glance {
  const known = glances.get(name);
  if (known) return known;
  if (glances.size >= MOST_GLANCES) glances.clear();
  const glance = glanceAt(name);
  glances.set(name, glance);
  return glance;
}
