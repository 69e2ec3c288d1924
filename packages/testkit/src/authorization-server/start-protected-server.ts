import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from "./start-authorization-server.ts";

const METADATA = "/.well-known/oauth-protected-resource/mcp";

export interface ProtectedServer {
  /** Where it speaks MCP. */
  readonly url: string;
  readonly server: AuthorizationServer;
  /** The subjects and scopes of the tokens that were let in. */
  readonly letIn: readonly { readonly sub: string; readonly scope: string }[];
  /** Tokens that it takes no more. */
  readonly refused: Set<string>;
  /** Scopes that every request needs. */
  needs: string[];
  close(): Promise<void>;
}

/** Stands before an MCP server and lets in who brings a token of its authorization server, which it starts. */
export async function startProtectedServer(
  behind: RequestListener,
  options?: AuthorizationServerOptions,
): Promise<ProtectedServer> {
  const server = await startAuthorizationServer(options);
  const letIn: { sub: string; scope: string }[] = [];
  const refused = new Set<string>();
  const own = createServer((request, response) => {
    const origin = `http://${request.headers.host}`;
    if (request.url === METADATA) {
      const body = { resource: `${origin}/mcp`, authorization_servers: [server.issuer] };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
      return;
    }
    const told = `Bearer resource_metadata="${origin}${METADATA}"`;
    const token = request.headers.authorization?.replace("Bearer ", "");
    const claims = token === undefined || refused.has(token) ? undefined : claimsOf(token);
    if (claims?.aud !== `${origin}/mcp`) {
      response.writeHead(401, { "www-authenticate": told }).end();
      return;
    }
    const scopes = claims.scope.split(" ");
    if (!state.needs.every((scope) => scopes.includes(scope))) {
      const wanted = `${told}, error="insufficient_scope", scope="${state.needs.join(" ")}"`;
      response.writeHead(403, { "www-authenticate": wanted }).end();
      return;
    }
    letIn.push({ sub: claims.sub, scope: claims.scope });
    behind(request, response);
  });
  own.listen(0, "127.0.0.1");
  await once(own, "listening");
  const state: ProtectedServer = {
    url: `http://127.0.0.1:${(own.address() as AddressInfo).port}/mcp`,
    ...{ server, letIn, refused, needs: [] },
    async close() {
      own.closeAllConnections();
      await Promise.all([new Promise((resolve) => own.close(resolve)), server.close()]);
    },
  };
  return state;
}

interface Claims {
  readonly aud: string;
  readonly sub: string;
  readonly scope: string;
}

function claimsOf(token: string): Claims | undefined {
  const [, payload = ""] = token.split(".");
  try {
    return JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims;
  } catch {
    return undefined;
  }
}
