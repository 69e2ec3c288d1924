import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { compileCache } from "@trestle/testkit/surroundings";
import { type Peer, serveStdio } from "./_peer.ts";
import { createPlace, type Place, textOf } from "./_place.ts";
import { processesWith, until } from "./_processes.ts";

const LISTER = fileURLToPath(new URL("./fixtures/lister.ts", import.meta.url));

/** The entry of a server whose lists a file decides. */
export function lister(place: Place, name: string, ...flags: string[]): JsonObject {
  return {
    command: process.execPath,
    args: [LISTER, `--root=${place.root}`, `--name=${name}`, ...flags],
    env: compileCache(),
  };
}

/** What the server lists from its next start on; it is told from the file, which is never half written. */
export function offer(place: Place, name: string, lists: object | readonly string[]): void {
  const file = join(place.root, `${name}.json`);
  const full = Array.isArray(lists) ? { tools: lists.map(toTool) } : lists;
  writeFileSync(`${file}~`, JSON.stringify(full));
  renameSync(`${file}~`, file);
}

export function toTool(name: string): object {
  return {
    name,
    description: `Does ${name}`,
    inputSchema: { type: "object", properties: { ms: { type: "integer" } } },
  };
}

/** How often each server was started so far. */
export function startsOf(place: Place, name?: string): number {
  const names = textOf(join(place.root, "starts")).split("\n").slice(0, -1);
  return names.filter((each) => name === undefined || each === name).length;
}

/** The processes that serve this entry now. */
export function listersOf(place: Place, name: string): number[] {
  return processesWith(`--root=${place.root} --name=${name}`);
}

/** A place with these servers, each offering the tools `read` and `write`. */
export function placeOf(servers: Readonly<Record<string, readonly string[]>>, rest = {}): Place {
  const place = createPlace();
  const entries = Object.entries(servers).map(([name, flags]) => {
    offer(place, name, ["read", "write"]);
    return [name, lister(place, name, ...flags)];
  });
  place.configure({ mcpServers: Object.fromEntries(entries), ...rest });
  return place;
}

/** Runs a bridge until its servers' lists are saved, and ends it. */
export async function runOnce(place: Place, ...saved: string[]): Promise<void> {
  const bridge = await serveStdio(place, "legacy");
  await bridge.peer.request("tools/list");
  await untilSaved(place, saved);
  bridge.process.stdin.end();
  await bridge.ended;
}

async function untilSaved(place: Place, names: readonly string[]): Promise<void> {
  await until("lists are saved", () => names.every((name) => existsSync(savedFile(place, name))));
}

export function savedFile(place: Place, name: string): string {
  return join(place.home, "bridge", "catalog", `${name}.lists`);
}

/** All that the bridge keeps of its catalog. */
export function savedText(place: Place): string {
  const folder = join(place.home, "bridge", "catalog");
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.map((name) => readFileSync(join(folder, name), "utf8")).join("");
}

/** How often the client was told that the tools changed. */
export function toldOfTools({ notifications }: Peer): number {
  return notifications.filter(({ method }) => method === "notifications/tools/list_changed").length;
}
