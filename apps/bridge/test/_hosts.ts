import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { parse } from "smol-toml";
import { parseDocument } from "../src/config/document.ts";
import type { Place } from "./_place.ts";

/** Where the hosts of a place, whose person lives in its root, keep their servers. */
const FILES = {
  "claude-desktop": ".config/Claude/claude_desktop_config.json",
  "claude-code": ".claude.json",
  cursor: ".cursor/mcp.json",
  vscode: ".config/Code/User/mcp.json",
  codex: ".codex/config.toml",
  project: "work/.mcp.json",
} as const;

export type HostName = keyof typeof FILES;

export function hostFile(place: Place, host: HostName): string {
  return join(place.root, FILES[host]);
}

export function giveHost(place: Place, host: HostName, text: string | Buffer): string {
  const path = hostFile(place, host);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

export function textOfHost(place: Place, host: HostName): string {
  const path = hostFile(place, host);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** The servers of a host by name. */
export function serversOfHost(place: Place, host: HostName): Record<string, JsonObject> {
  const text = textOfHost(place, host);
  const value = (
    host === "codex" ? parse(text) : parseDocument(text, hostFile(place, host)).value
  ) as Record<string, Record<string, JsonObject>>;
  return value.mcpServers ?? value.servers ?? value.mcp_servers ?? {};
}

/** What the bridge is configured to serve. */
export function bridgeServers(place: Place): Record<string, JsonObject> {
  const text = readFileSync(place.configFile, "utf8");
  return (parseDocument(text, place.configFile).value as { mcpServers: Record<string, JsonObject> })
    .mcpServers;
}
