import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { readOwner } from "@trestle/store";
import type { Config } from "../read.ts";
import type { Machine } from "./machine.ts";
import type { OwnTraces } from "./own-entry.ts";

/** What the bridge of this configuration is known by. `command` starts it; empty where that is not known. */
export function tracesOf(
  { config, command }: { readonly config: Config; readonly command: readonly string[] },
  machine: Machine,
): OwnTraces {
  const { host, port } = config.http;
  const running = readOwner(join(config.home, "bridge"))?.info?.url;
  const other = config.env.MCP_BRIDGE_URL;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return {
    command,
    urls: [`http://${host}:${port}`, ...(typeof running === "string" ? [running] : [])],
    otherUrls: other === undefined ? [] : [other],
    localNames: [hostname().toLowerCase(), ...addresses.map(({ address }) => address)],
    machine,
  };
}
