import type { ServerConfig } from "../config/servers.ts";
import type { Isolation } from "./instances.ts";

/** Each may be a process of its own, and processes cost memory. */
const MAX_INSTANCES = 16;

/** How a server keeps its clients apart; nothing where all share one instance. */
export function isolationOf(
  server: ServerConfig | undefined,
): { readonly isolation: Isolation; readonly maxInstances: number } | undefined {
  if (server === undefined || server.kind === "embedded") return undefined;
  const { isolation = "shared", maxInstances = MAX_INSTANCES } = server.entry;
  return isolation === "shared" ? undefined : { isolation, maxInstances };
}

/** Does it keep what it keeps for one session, whoever else asks in the same name? */
export function isBySession(server: ServerConfig | undefined): boolean {
  const { isolation = "principal" } = isolationOf(server) ?? {};
  return isolation !== "principal";
}
