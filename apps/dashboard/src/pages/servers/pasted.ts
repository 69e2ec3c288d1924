import { toId } from "../../lib/server-id.ts";
/** A server as `mcpServers` has it. */
export type Entry = Readonly<Record<string, unknown>>;

export interface NamedEntry {
  /** Empty where what was pasted has none. */
  readonly name: string;
  readonly entry: Entry;
}

export type Pasted = { readonly entries: readonly NamedEntry[] } | { readonly problem: string };

/** Under what names the files of hosts keep their servers. */
const HOLDERS = ["mcpServers", "servers", "mcp_servers"];

/**
 * Reads what somebody pasted or took from the file of a host: a whole file, the object of servers in it, one entry, or
 * a few lines cut out of the middle, with or without braces around them.
 */
export function readPasted(text: string): Pasted {
  const trimmed = text.trim().replace(/,$/, "");
  if (trimmed === "") return { problem: "Paste an entry, or the file of a host." };
  const value = parse(trimmed) ?? parse(`{${trimmed}}`);
  if (!isObject(value)) return { problem: "This is no JSON that describes a server." };
  const held = HOLDERS.map((name) => value[name]).find(isObject) ?? deeper(value);
  const entries = isEntry(value) ? [{ name: "", entry: value }] : entriesIn(held ?? value);
  if (entries.length > 0) return { entries };
  return { problem: "No server is in it: an entry has a command, or a url." };
}

/** VS Code keeps them in `mcp.servers` of its settings. */
function deeper(value: Entry): Entry | undefined {
  const { mcp } = value;
  return isObject(mcp) && isObject(mcp.servers) ? mcp.servers : undefined;
}

function entriesIn(held: Entry): readonly NamedEntry[] {
  return Object.entries(held)
    .filter((pair): pair is [string, Entry] => isEntry(pair[1]))
    .map(([name, entry]) => ({ name: toId(name), entry }));
}

function isEntry(value: unknown): value is Entry {
  return (
    isObject(value) && ["command", "url", "embedded"].some((key) => typeof value[key] === "string")
  );
}

function isObject(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
