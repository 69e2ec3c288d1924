import type { RequestListener } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from "@trestle/testkit/authorization-server";
import { onTestFinished } from "vitest";
import { serve } from "./fixtures/http-servers.ts";
import { createV2Server } from "./fixtures/v2.ts";

const METADATA = "/.well-known/oauth-protected-resource/mcp";

export interface Protected {
  readonly url: string;
  readonly server: AuthorizationServer;
  /** The subjects and scopes of the tokens that were let in. */
  readonly letIn: readonly { readonly sub: string; readonly scope: string }[];
  /** Tokens of which the server wants to hear no more. */
  readonly refused: Set<string>;
  /** Scopes that every request needs. */
  needs: string[];
}

/** A server of both eras that lets in who brings a token of its authorization server, and that server. */
export async function startProtected(options?: AuthorizationServerOptions): Promise<Protected> {
  const server = await startAuthorizationServer(options);
  const letIn: { sub: string; scope: string }[] = [];
  const refused = new Set<string>();
  const state: Protected = { url: "", server, letIn, refused, needs: [] };
  const node = toNodeHandler(
    createMcpHandler(() => createV2Server({ tools: () => {}, resource: () => {} })),
  );
  const listener: RequestListener = (request, response) => {
    const origin = `http://${request.headers.host}`;
    if (request.url === METADATA) {
      const body = { resource: `${origin}/mcp`, authorization_servers: [server.issuer] };
      return void response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify(body));
    }
    const token = request.headers.authorization?.replace("Bearer ", "");
    const told = `Bearer resource_metadata="${origin}${METADATA}"`;
    const claims = token === undefined || refused.has(token) ? undefined : claimsOf(token);
    if (claims?.aud !== `${origin}/mcp`) {
      return void response.writeHead(401, { "www-authenticate": told }).end();
    }
    const scopes = claims.scope.split(" ");
    if (!state.needs.every((scope) => scopes.includes(scope))) {
      const wanted = `${told}, error="insufficient_scope", scope="${state.needs.join(" ")}"`;
      return void response.writeHead(403, { "www-authenticate": wanted }).end();
    }
    letIn.push({ sub: claims.sub, scope: claims.scope });
    void node(request as never, response);
  };
  const fixture = await serve(listener);
  onTestFinished(async () => {
    await Promise.all([fixture.close(), server.close()]);
  });
  return Object.assign(state, { url: fixture.url });
}

function claimsOf(token: string): { aud: string; sub: string; scope: string; exp: number } {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}
