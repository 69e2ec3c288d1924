import type { JsonObject } from "@trestle/protocol";
import type { HostSection, RawEntry, StdioStart } from "./host.ts";

/** The way of writing servers that most hosts share with the bridge's own configuration. */

const SHARED_KEYS = ["type", "command", "args", "env", "cwd", "url", "headers", "disabled"];
/** Where a server's credentials come from, and what it is kept from: nothing that could be left out. */
const VITAL_KEYS = ["envFile", "oauth", "auth", "headersHelper", "sandboxEnabled"];

export const MCP_SERVERS: HostSection = { keys: ["mcpServers"] };

export function readSharedEntry(raw: JsonObject): RawEntry {
  const keys = Object.keys(raw);
  const dropped = keys.filter((key) => !SHARED_KEYS.includes(key));
  return {
    entry: Object.fromEntries(
      keys.filter((key) => SHARED_KEYS.includes(key)).map((key) => [key, raw[key]]),
    ),
    dropped,
    vital: dropped.filter((key) => VITAL_KEYS.includes(key) && Boolean(raw[key])),
  };
}

export function sharedStdioEntry({ command, args, env }: StdioStart): JsonObject {
  return { command, args: [...args], ...(env && { env: { ...env } }) };
}

export function wrapShared(name: string, entry: JsonObject): JsonObject {
  return { mcpServers: { [name]: entry } };
}
