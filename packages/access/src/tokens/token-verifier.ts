import { type Clock, isJsonObject, messageOf, TrestleError } from "@trestle/protocol";
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";

/** Asks an address; like the platform's own. */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** Whose tokens are taken. */
export interface TokenIssuer {
  /** As tokens name it in `iss`. */
  readonly issuer: string;
  /** Whom tokens must be for: one of these is in `aud`. */
  readonly audiences: readonly string[];
  /** Where its keys are; left out, its metadata say so. */
  readonly jwksUri?: string | undefined;
}

/** What a good token says. */
export interface TokenFacts {
  readonly issuer: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface TokenVerifier {
  /**
   * Throws `denied` for a token that is not good, naming what is wrong, retryable where that may be otherwise in a
   * moment; `unavailable` where nobody can say.
   */
  verify(token: string): Promise<TokenFacts>;
}

export interface TokenVerifierParts extends TokenIssuer {
  readonly clock: Clock;
  readonly fetch?: Fetch;
}

/** Made with a key that only its issuer has: a secret that both sides know would let us make tokens, too. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
/** Clocks differ by so much. */
const TOLERANCE_S = 5;
const TIMEOUT_MS = 5_000;
/** Tokens with keys of unknown names make us ask for the keys at most so often. */
const COOLDOWN_MS = 2_000;

/** Checks access tokens of one issuer: RFC 9068 and what OAuth 2.1 asks of a resource server. */
export function createTokenVerifier(parts: TokenVerifierParts): TokenVerifier {
  const { issuer, audiences, clock, fetch = globalThis.fetch } = parts;
  let keys: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;

  async function openKeys() {
    const uri = parts.jwksUri ?? (await jwksUriOf(issuer, fetch));
    return createRemoteJWKSet(new URL(uri), {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: COOLDOWN_MS,
      [customFetch]: (url, options) => fetch(url, { ...options, redirect: "error" } as RequestInit),
    });
  }

  return {
    async verify(token) {
      keys ??= openKeys();
      const found = await keys.catch((error: unknown) => {
        keys = undefined;
        throw cannotSay(issuer, error);
      });
      try {
        const { payload } = await jwtVerify(token, found, {
          ...{ issuer, audience: [...audiences], algorithms: ALGORITHMS },
          clockTolerance: TOLERANCE_S,
          requiredClaims: ["sub", "exp"],
          currentDate: new Date(clock.now()),
        });
        return factsOf(payload, issuer);
      } catch (error) {
        throw refused(error, issuer);
      }
    },
  };
}

function factsOf({ sub = "", exp = 0, ...claims }: JWTPayload, issuer: string): TokenFacts {
  const told = claims.scope ?? claims.scp;
  const scopes = Array.isArray(told) ? told.map(String) : String(told ?? "").split(" ");
  return { issuer, subject: sub, scopes: scopes.filter(Boolean), expiresAt: exp * 1_000 };
}

function refused(error: unknown, issuer: string): TrestleError {
  const isTokens = error instanceof errors.JOSEError && !isOfKeys(error);
  if (!isTokens) return cannotSay(issuer, error);
  // Its key may be so new that we have yet to hear of it.
  const retryable = error instanceof errors.JWKSNoMatchingKey;
  return new TrestleError("denied", wordOf(error), { retryable });
}

function isOfKeys(error: errors.JOSEError): boolean {
  return error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid;
}

function wordOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed) return `its "${error.claim}" is not right`;
  if (error instanceof errors.JWKSNoMatchingKey) return "its key is not one of its issuer";
  if (error instanceof errors.JOSEAlgNotAllowed) return "its algorithm is not taken";
  return "its signature or form is not right";
}

function cannotSay(issuer: string, error: unknown): TrestleError {
  return new TrestleError(
    "unavailable",
    `Tokens of ${issuer} cannot be checked now: ${messageOf(error)}.`,
    { cause: error },
  );
}

/** As the issuer's metadata tell (RFC 8414, or OpenID Connect Discovery), which must be its own. */
async function jwksUriOf(issuer: string, fetch: Fetch): Promise<string> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  for (const place of places) {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(place, { redirect: "error", signal });
    if (!response.ok) continue;
    const metadata: unknown = await response.json();
    if (!isJsonObject(metadata) || metadata.issuer !== issuer) {
      throw new Error(`${place} is not of this issuer`);
    }
    if (typeof metadata.jwks_uri === "string") return metadata.jwks_uri;
  }
  throw new Error("its metadata name no jwks_uri");
}
