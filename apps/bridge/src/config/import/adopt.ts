import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { OWN_SERVER } from "../../tools/names.ts";
import { toId, uniqueId } from "../servers.ts";
import { faultOf, unsetVariables } from "./check-entry.ts";
import type { Host, HostSection } from "./host.ts";
import { type Machine, pathsOf } from "./machine.ts";
import { translateVariables } from "./variables.ts";

/** An entry of a host in the bridge's words, or why it cannot be one. */
export type Read =
  | { readonly entry: JsonObject; readonly notes: readonly string[] }
  | { readonly reason: string };

/** What the bridge could not serve as the host did stays with the host. */
export function readHostEntry(
  host: Host,
  raw: JsonValue,
  { folder }: HostSection,
  machine: Machine,
): Read {
  if (!isJsonObject(raw)) return { reason: "is no object" };
  const { dropped, vital } = host.readEntry(raw);
  if (vital.length > 0) {
    return { reason: `uses ${quoted(vital)}, which the bridge has no counterpart for` };
  }
  const known = Object.fromEntries(Object.entries(raw).filter(([key]) => !dropped.includes(key)));
  const translated = translateVariables(known, host.variables, { machine, folder });
  if (translated.reason !== undefined) return { reason: translated.reason };
  const { entry: read } = host.readEntry(translated.entry);
  const entry = folder === undefined ? read : startedIn(folder, read, machine);
  const fault = faultOf(entry);
  if (fault !== undefined) return { reason: fault };
  const missing = unsetVariables(entry, machine.env);
  if (missing.length > 0) {
    const what = translated.asked.length > 0 ? "asked for in the editor" : "not set here";
    return { reason: `needs ${missing.join(", ")}, ${what}: set it in .env, and import again` };
  }
  const notes = [...translated.notes];
  if (dropped.length > 0) notes.push(`${quoted(dropped)} has no counterpart and is left out`);
  if (folder === undefined && hasRelativePath(entry)) {
    notes.push("its relative paths now count from the folder of the bridge's configuration");
  }
  return { entry, notes };
}

function quoted(keys: readonly string[]): string {
  return keys.map((key) => `\`${key}\``).join(", ");
}

/** A host starts what a project needs in the folder of the project. */
function startedIn(folder: string, entry: JsonObject, machine: Machine): JsonObject {
  const { command, cwd = "." } = entry;
  if (command === undefined || typeof cwd !== "string" || cwd.startsWith("${")) return entry;
  return { ...entry, cwd: pathsOf(machine).resolve(folder, cwd) };
}

function hasRelativePath({ command, args, cwd }: JsonObject): boolean {
  const words = cwd === undefined ? [command, ...(Array.isArray(args) ? args : [])] : [cwd];
  return words.some((word) => typeof word === "string" && /^\.{1,2}([\\/]|$)/.test(word));
}

export interface Adopted {
  readonly id: string;
  /** It is served already. */
  readonly isKnown: boolean;
}

export interface Adoption {
  /** The entries that are new. */
  readonly added: JsonObject;
  adopt(name: string, entry: JsonObject): Adopted;
}

/** Names for entries among those that are served already. The same server under another name is not added twice. */
export function createAdoption(servers: JsonObject): Adoption {
  const added: Record<string, JsonValue> = {};
  const ids = new Map<string, string>();
  const taken = new Set([OWN_SERVER]);
  for (const [name, entry] of Object.entries(servers)) {
    remember(name, entry ?? null);
    taken.add(name).add(toId(name));
  }

  function remember(name: string, entry: JsonValue): void {
    const identity = identityOf(entry);
    if (!ids.has(identity)) ids.set(identity, name);
  }

  return {
    added,
    adopt(name, entry) {
      // What is switched on here is no stand-in for what is switched off there, but the other way round it is.
      const known =
        ids.get(identityOf(entry)) ?? ids.get(identityOf({ ...entry, disabled: false }));
      if (known !== undefined) return { id: known, isKnown: true };
      const id = uniqueId(name, taken);
      taken.add(id);
      remember(id, entry);
      added[id] = entry;
      return { id, isKnown: false };
    },
  };
}

/** What makes two entries the same server with the same tools, however they are written. */
function identityOf(entry: JsonValue): string {
  if (!isJsonObject(entry)) return canonicalJson(entry);
  const { command, args = [], env = {}, cwd, url, headers = {}, tools = {} } = entry;
  const disabled = entry.disabled === true;
  if (command === undefined && url === undefined) return canonicalJson(entry);
  return canonicalJson({ command, args, env, cwd, url, headers, tools, disabled });
}
