import { join } from "node:path";
import {
  type CallHost,
  type Clock,
  type Grant,
  type Host,
  type Logger,
  type RequestContext,
  TrestleError,
} from "@trestle/protocol";
import { createAuditFile } from "../host/audit-file.ts";
import { createTopics } from "../host/topics.ts";
import type { BridgeCalls } from "./bridge-calls.ts";

export interface StandaloneHostParts {
  /** This server's own folder; nothing is created before something is written. */
  readonly dataDir: string;
  /** Where tools of other servers are called; without it there are none. */
  readonly bridge?: { readonly url: string; readonly key?: string };
  readonly clock: Clock;
  readonly log: Logger;
}

export interface StandaloneHost extends Host {
  close(): Promise<void>;
}

/** The host of a server that runs alone, in a process of its own. */
export function createStandaloneHost(parts: StandaloneHostParts): StandaloneHost {
  const { dataDir, bridge, clock, log } = parts;
  const topics = createTopics();
  let connecting: Promise<BridgeCalls> | undefined;

  function calls(context: RequestContext): CallHost {
    const connected = async () => {
      if (bridge === undefined) throw noBridge();
      connecting ??= import("./bridge-calls.ts").then(({ connectBridge }) =>
        connectBridge({ ...bridge, clock, log }),
      );
      return (await connecting).forCall(context);
    };
    return {
      listTools: async () => (await connected()).listTools(),
      callTool: async (...call) => (await connected()).callTool(...call),
    };
  }

  return {
    forCall: calls,
    delegate: async ({ principal }, scopes) => ({ principal, scopes, token: "standalone" }),
    forGrant: (grant) => calls(contextOf(grant)),
    publish: topics.publish,
    subscribe: topics.subscribe,
    audit: createAuditFile(join(dataDir, "audit.jsonl"), clock),
    dataDir,
    clock,
    log,
    async close() {
      await (await connecting)?.close();
    },
  };
}

function noBridge(): TrestleError {
  return new TrestleError(
    "unavailable",
    "This server runs alone, so it cannot call other servers: set MCP_BRIDGE_URL to a running bridge, or mount this server in one.",
    { retryable: false },
  );
}

/** Durable work has no client in front of it: nobody to ask, nothing to report progress to. */
function contextOf({ principal }: Grant): RequestContext {
  return {
    principal,
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
  };
}
