import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type Clock,
  type Logger,
  messageOf,
  type Principal,
  RPC,
  type ServerInstance,
} from "@trestle/protocol";
import { checkHost } from "./check-host.ts";
import type { Legs } from "./legs.ts";
import type { SessionSeal } from "./session-ids.ts";
import type { SessionFacts } from "./sessions.ts";
import type { SessionSiblings } from "./siblings.ts";
import { sendRpcError } from "./web.ts";

const METHODS = ["GET", "POST", "DELETE"];

export interface HttpEndpointOptions {
  readonly log: Logger;
  readonly clock?: Clock;
  /** Host names that may be in `Host` and `Origin`. Left out, whoever mounts the endpoint has checked them. */
  readonly allowedHosts?: readonly string[];
  /** Legacy sessions held at once. Default 1000. */
  readonly maxSessions?: number;
  /** How long an unused legacy session is held. Default 30 minutes. */
  readonly sessionIdleMs?: number;
  /** Comment lines that keep an idle stream open. Default 15 s; 0 for none. */
  readonly keepAliveMs?: number;
  /** With it legacy sessions outlive this process, and being forgotten. */
  readonly sessionSeal?: SessionSeal;
  /** Other processes with the same sessions. */
  readonly siblings?: SessionSiblings;
}

export interface RequestFacts {
  /** The parsed JSON of a POST. */
  readonly body: unknown;
  readonly principal: Principal;
}

/** One MCP endpoint in both eras, to be mounted on any path of any node:http server. */
export interface HttpEndpoint {
  handle(request: IncomingMessage, response: ServerResponse, facts: RequestFacts): Promise<void>;
  session(id: string): SessionFacts | undefined;
  /** Ends listens with their last word, aborts what runs, forgets every session. */
  close(): Promise<void>;
}

export function createHttpEndpoint(
  instance: ServerInstance,
  options: HttpEndpointOptions,
): HttpEndpoint {
  const { log, allowedHosts } = options;
  let legs: Legs | undefined;
  let opening: Promise<Legs> | undefined;
  let closed = false;

  /** The SDK takes longer to load than all the rest of a start, and not every request needs it. */
  function open(): Promise<Legs> {
    opening ??= import("./legs.ts").then(({ createLegs }) => {
      legs = createLegs(instance, options);
      return legs;
    });
    return opening;
  }

  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
    facts: RequestFacts,
  ): Promise<void> {
    if (allowedHosts && !checkHost(request, response, { hosts: allowedHosts })) return;
    if (closed) return refuseClosed(response);
    if (!METHODS.includes(request.method ?? "GET")) return refuseMethod(response);
    try {
      const serving = legs ?? (await open());
      if (closed) return refuseClosed(response);
      await serving.handle(request, response, facts);
    } catch (error) {
      log.error("http request failed", { error: messageOf(error) });
      if (response.headersSent) response.destroy();
      else sendRpcError(response, 500, { code: RPC.internal, message: "internal error" });
    }
  }

  return {
    handle,
    session: (id) => legs?.session(id),
    async close() {
      closed = true;
      await (await opening)?.close();
    },
  };
}

function refuseClosed(response: ServerResponse): void {
  response.setHeader("connection", "close");
  sendRpcError(response, 503, { code: RPC.internal, message: "This server is shutting down" });
}

function refuseMethod(response: ServerResponse): void {
  response.setHeader("allow", METHODS.join(", "));
  sendRpcError(response, 405, {
    code: RPC.invalidRequest,
    message: "Method not allowed: use POST",
  });
}
