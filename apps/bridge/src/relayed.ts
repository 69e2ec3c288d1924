import type { JsonObject } from "@trestle/protocol";
import type { ServerConfig } from "./config/servers.ts";
import { deniedCapabilities, withoutCapabilities } from "./fewer-capabilities.ts";
import { isolationOf } from "./isolation/isolation-of.ts";

/** Whoever shares the connection. */
export const RELAYED: JsonObject = { elicitation: { form: {}, url: {} }, sampling: { tools: {} } };
const WITH_ROOTS: JsonObject = { ...RELAYED, roots: {} };

/**
 * What a server of the legacy era is told that it may ask of clients. It takes roots for those of its whole
 * connection, so where several callers share that, those of one would hold for all: nobody is asked for them. Of nothing that its entry denies.
 */
export function relayedCapabilities(server: ServerConfig): JsonObject {
  const isolation = isolationOf(server)?.isolation;
  const all = isolation === "principal" || isolation === "session" ? WITH_ROOTS : RELAYED;
  return withoutCapabilities(all, deniedCapabilities(server));
}
