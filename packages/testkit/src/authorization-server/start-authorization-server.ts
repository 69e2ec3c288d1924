import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { askPerson } from "./ask-person.ts";
import { createGrants, type Grant, OAuthFault } from "./grants.ts";
import { createSigningKey, type SigningKey, signJwt } from "./jwt.ts";

type Json = Readonly<Record<string, unknown>>;

export interface AuthorizationServerOptions {
  /** How long an access token holds; default 3,600. */
  readonly tokenSeconds?: number;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Clients that need not register, with their secrets. */
  readonly clients?: Readonly<Record<string, string>>;
  /** Shows browsers a page on which their person signs in and decides; without it everything is allowed at once. */
  readonly asks?: boolean;
  /** Other metadata than the usual ones. */
  readonly metadata?: Json;
}

export interface AuthorizationServer {
  readonly issuer: string;
  /** Paths that were asked for, the grant of a token request behind them. */
  readonly seen: readonly string[];
  /** What a browser does with the address of a sign-in, when its person agrees: the address that it is sent to. */
  signIn(url: string, subject?: string): Promise<URL>;
  /** A token of this server, with other claims or another header where given. */
  issue(
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): string;
  /** Signs with another key from now on; the old one is forgotten. */
  rotateKey(): void;
  /** No refresh token is good any more. */
  revokeRefreshes(): void;
  close(): Promise<void>;
}

/** An OAuth 2.1 authorization server on 127.0.0.1: PKCE, registration, rotating refresh tokens, JWTs with their keys. */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const { tokenSeconds = 3_600, now = Date.now } = options;
  const clients = new Map(Object.entries(options.clients ?? {}));
  /** Where the browsers of registered clients may be sent back to. */
  const redirects = new Map<string, readonly string[]>();
  const grants = createGrants();
  const seen: string[] = [];
  let key: SigningKey = createSigningKey();

  const server = createServer((request, response) => {
    void answer(request).then(
      (body) => reply(response, body instanceof URL ? 302 : 200, body),
      (error) =>
        error instanceof OAuthFault
          ? reply(response, error.code === "invalid_client" ? 401 : 400, {
              error: error.code,
              error_description: error.message,
            })
          : reply(response, 500, { error: "server_error", error_description: String(error) }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const metadata: Json = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ["code"],
    grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none", "client_secret_basic"],
    authorization_response_iss_parameter_supported: true,
    ...options.metadata,
  };

  async function answer(request: IncomingMessage): Promise<Json | URL | string> {
    const url = new URL(request.url ?? "", issuer);
    const text = await readText(request);
    const form = new URLSearchParams(text);
    seen.push([url.pathname, form.get("grant_type")].filter(Boolean).join(" "));
    if (url.pathname === "/.well-known/oauth-authorization-server") return metadata;
    if (url.pathname === "/jwks") return { keys: [key.jwk] };
    if (url.pathname === "/register") return register(JSON.parse(text) as Json);
    if (url.pathname === "/authorize") return authorize(url.searchParams);
    if (url.pathname === "/decide") return decide(url.searchParams);
    if (url.pathname === "/token") return token(form, request.headers.authorization);
    throw new OAuthFault("invalid_request", `no such path: ${url.pathname}`);
  }

  function register(asked: Json): Json {
    const id = randomUUID();
    clients.set(id, "");
    redirects.set(id, asked.redirect_uris as readonly string[]);
    return { ...asked, client_id: id };
  }

  function authorize(query: URLSearchParams): URL | string {
    return options.asks ? askPerson(query) : decide(query);
  }

  function decide(query: URLSearchParams): URL {
    const clientId = query.get("client_id") ?? "";
    const mayReturn = redirects.get(clientId)?.includes(query.get("redirect_uri") ?? "") ?? true;
    const hasPkce = query.get("code_challenge_method") === "S256";
    const isSound = clients.has(clientId) && hasPkce && mayReturn;
    if (!isSound)
      throw new OAuthFault("invalid_request", "an unknown client or address, or no PKCE");
    const grant: Grant = {
      clientId,
      subject: query.get("subject") ?? "someone",
      scope: query.get("scope") ?? "",
      resource: query.get("resource") ?? undefined,
      redirectUri: query.get("redirect_uri") ?? "",
      challenge: query.get("code_challenge") ?? "",
    };
    const back = new URL(grant.redirectUri);
    if (query.get("decision") === "deny") back.searchParams.set("error", "access_denied");
    else back.searchParams.set("code", grants.allow(grant));
    back.searchParams.set("state", query.get("state") ?? "");
    back.searchParams.set("iss", issuer);
    return back;
  }

  function token(form: URLSearchParams, authorization: string | undefined): Json {
    const clientId = clientOf(form, authorization);
    const kind = form.get("grant_type");
    if (kind === "client_credentials") {
      const scope = form.get("scope") ?? "";
      const grant = { clientId, subject: clientId, scope, redirectUri: "", challenge: "" };
      return tokens({ ...grant, resource: form.get("resource") ?? undefined });
    }
    const grant = kind === "refresh_token" ? grants.refresh(form) : grants.redeem(form);
    if (grant.clientId !== clientId) throw new OAuthFault("invalid_grant");
    return { ...tokens(grant), refresh_token: grants.renewable(grant) };
  }

  function clientOf(form: URLSearchParams, authorization = ""): string {
    const [id = "", secret = ""] = authorization.startsWith("Basic ")
      ? Buffer.from(authorization.slice(6), "base64").toString().split(":").map(decodeURIComponent)
      : [form.get("client_id") ?? "", form.get("client_secret") ?? ""];
    if (clients.get(id) !== secret) throw new OAuthFault("invalid_client");
    return id;
  }

  function tokens({ subject, scope, resource, clientId }: Grant): Json {
    const claims = { sub: subject, aud: resource, scope, client_id: clientId };
    return {
      access_token: issue(claims),
      token_type: "Bearer",
      expires_in: tokenSeconds,
      ...(scope !== "" && { scope }),
    };
  }

  function issue(claims: Json, header: Json = {}): string {
    const iat = Math.floor(now() / 1_000);
    const usual = { iss: issuer, iat, exp: iat + tokenSeconds, jti: randomUUID() };
    return signJwt({ ...usual, ...claims }, key, header);
  }

  return {
    issuer,
    seen,
    issue,
    async signIn(url, subject) {
      const address = new URL(url);
      if (subject !== undefined) address.searchParams.set("subject", subject);
      const response = await fetch(address, { redirect: "manual" });
      const back = response.headers.get("location");
      if (back === null) throw new Error(`${response.status}: ${await response.text()}`);
      return new URL(back);
    },
    rotateKey() {
      key = createSigningKey();
    },
    revokeRefreshes: grants.revokeAll,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

function reply(response: ServerResponse, status: number, body: Json | URL | string): void {
  if (body instanceof URL) response.writeHead(status, { location: body.href }).end();
  else if (typeof body === "string") response.writeHead(status, HTML).end(body);
  else response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const HTML = { "content-type": "text/html; charset=utf-8" };
