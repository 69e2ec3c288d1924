import { createHash, randomUUID } from "node:crypto";

/** What a person allowed a client, until it is exchanged for tokens; and what a refresh token is good for. */
export interface Grant {
  readonly clientId: string;
  readonly subject: string;
  readonly scope: string;
  readonly resource: string | undefined;
  readonly redirectUri: string;
  readonly challenge: string;
}

export class OAuthFault extends Error {
  readonly code: string;
  constructor(code: string, message = code) {
    super(message);
    this.code = code;
  }
}

/** Codes and refresh tokens, each good for once. */
export function createGrants() {
  const codes = new Map<string, Grant>();
  const refreshes = new Map<string, Grant>();

  function takeFrom(grants: Map<string, Grant>, key: string | null): Grant {
    const grant = key === null ? undefined : grants.get(key);
    if (grant === undefined || key === null) throw new OAuthFault("invalid_grant");
    grants.delete(key);
    return grant;
  }

  function keep(grants: Map<string, Grant>, grant: Grant): string {
    const key = randomUUID();
    grants.set(key, grant);
    return key;
  }

  return {
    allow: (grant: Grant) => keep(codes, grant),
    /** By authorization code, with its PKCE verifier. */
    redeem(body: URLSearchParams): Grant {
      const grant = takeFrom(codes, body.get("code"));
      const digest = createHash("sha256").update(body.get("code_verifier") ?? "");
      const isSame = digest.digest("base64url") === grant.challenge;
      if (!isSame || body.get("redirect_uri") !== grant.redirectUri) {
        throw new OAuthFault("invalid_grant", "the verifier or the address is another");
      }
      return grant;
    },
    refresh: (body: URLSearchParams) => takeFrom(refreshes, body.get("refresh_token")),
    renewable: (grant: Grant) => keep(refreshes, grant),
    /** Whoever holds a refresh token has to sign in again. */
    revokeAll: () => refreshes.clear(),
  };
}
