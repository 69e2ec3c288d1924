import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import {
  type AuthorizationServerOptions,
  type ProtectedServer,
  startProtectedServer,
} from "@trestle/testkit/authorization-server";
import { onTestFinished } from "vitest";
import * as z from "zod";

/** As below, for whoever closes it. */
export function openProtectedUpstream(
  options?: AuthorizationServerOptions,
): Promise<ProtectedServer> {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: "guarded", version: "1.0.0" });
    server.registerTool(
      "greet",
      { description: "Greets.", inputSchema: z.object({}), annotations: { readOnlyHint: true } },
      () => ({ content: [{ type: "text", text: "hello" }] }),
    );
    return server;
  });
  const node = toNodeHandler(handler);
  return startProtectedServer(
    (request, response) => void node(request as never, response),
    options,
  );
}

/** A server that answers `greet` to whoever signed in at its authorization server. */
export async function startProtectedUpstream(
  options?: AuthorizationServerOptions,
): Promise<ProtectedServer> {
  const peer = await openProtectedUpstream(options);
  onTestFinished(peer.close);
  return peer;
}
