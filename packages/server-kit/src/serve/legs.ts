import type { IncomingMessage, ServerResponse } from "node:http";
import { classifyInboundRequest } from "@modelcontextprotocol/server";
import { type Clock, type Logger, type ServerInstance, systemClock } from "@trestle/protocol";
import type { RequestFacts } from "./http.ts";
import { createModernLeg } from "./modern.ts";
import type { SessionSeal } from "./session-ids.ts";
import { createSessions, type SessionFacts } from "./sessions.ts";
import type { SessionSiblings } from "./siblings.ts";

/** Both eras over HTTP, as the SDK serves them. Imported with the first request that needs it. */
export interface Legs {
  handle(request: IncomingMessage, response: ServerResponse, facts: RequestFacts): Promise<void>;
  session(id: string): SessionFacts | undefined;
  close(): Promise<void>;
}

export interface LegsOptions {
  readonly log: Logger;
  readonly clock?: Clock;
  readonly maxSessions?: number;
  readonly sessionIdleMs?: number;
  readonly keepAliveMs?: number;
  readonly sessionSeal?: SessionSeal;
  /** Other processes with the same sessions. */
  readonly siblings?: SessionSiblings;
}

export function createLegs(instance: ServerInstance, options: LegsOptions): Legs {
  const { log, keepAliveMs } = options;
  const sessions = createSessions(instance, { clock: systemClock, ...options });
  const modern = createModernLeg(instance, { log, keepAliveMs });
  return {
    handle: (request, response, facts) =>
      (isLegacy(request, facts.body) ? sessions : modern).handle(request, response, facts),
    session: sessions.find,
    async close() {
      await Promise.all([modern.close(), sessions.close()]);
    },
  };
}

function isLegacy(request: IncomingMessage, body: unknown): boolean {
  const { headers, method = "GET" } = request;
  if (method === "POST" && body === undefined) return false;
  const outcome = classifyInboundRequest({
    httpMethod: method,
    protocolVersionHeader: single(headers["mcp-protocol-version"]),
    mcpMethodHeader: single(headers["mcp-method"]),
    mcpNameHeader: single(headers["mcp-name"]),
    body,
  } as Parameters<typeof classifyInboundRequest>[0]);
  return outcome.kind === "legacy";
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
