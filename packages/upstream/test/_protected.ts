import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import {
  type AuthorizationServerOptions,
  type ProtectedServer,
  startProtectedServer,
} from "@trestle/testkit/authorization-server";
import { onTestFinished } from "vitest";
import { createV2Server } from "./fixtures/v2.ts";

/** A server of both eras that lets in who brings a token, and is closed with the test. */
export async function startProtected(
  options?: AuthorizationServerOptions,
): Promise<ProtectedServer> {
  const node = toNodeHandler(
    createMcpHandler(() => createV2Server({ tools: () => {}, resource: () => {} })),
  );
  const peer = await startProtectedServer(
    (request, response) => void node(request as never, response),
    options,
  );
  onTestFinished(peer.close);
  return peer;
}
