import {
  type AuthorizationServerMetadata,
  discoverAuthorizationServerMetadata,
  exchangeAuthorization,
  type FetchLike,
  IssuerMismatchError,
  OAuthError,
  startAuthorization,
  validateAuthorizationResponseIssuer,
} from "@modelcontextprotocol/client";
import { isTrestleError, messageOf, TrestleError } from "@trestle/protocol";

export interface CodeFlowParts {
  /** As its metadata (RFC 8414, OpenID Connect Discovery) name it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Of a confidential client. */
  readonly clientSecret?: string | undefined;
  /** With spaces between; left out, the issuer decides. */
  readonly scope?: string | undefined;
  readonly redirectUrl: string;
  /** Whom the token is to be for (RFC 8707). */
  readonly resource: string;
  readonly fetch: FetchLike;
}

/** What the issuer sent the browser back with. */
export interface CodeReturn {
  readonly code: string;
  readonly verifier: string;
  readonly iss?: string | undefined;
}

/**
 * One client that is known to one issuer, and signs people in there: authorization code with PKCE (S256). All of it
 * throws `unavailable` where the issuer cannot be asked.
 */
export interface CodeFlow {
  /** Where the browser goes, and what proves later that it was sent from here. */
  begin(state: string): Promise<{ readonly url: string; readonly verifier: string }>;
  /**
   * Throws `denied`, with `issuer` as `details.reason`, for an answer in another issuer's name (RFC 9207), or in nobody's
   * where the metadata promise one.
   */
  checkIssuer(iss: string | undefined): Promise<void>;
  /** The access token. Throws `denied` where there is none, with the issuer's code as `details.error`. */
  exchange(back: CodeReturn): Promise<string>;
}

export function createCodeFlow(parts: CodeFlowParts): CodeFlow {
  const { issuer, clientId, clientSecret, scope, redirectUrl, fetch } = parts;
  const resource = new URL(parts.resource);
  const clientInformation = {
    client_id: clientId,
    ...(clientSecret !== undefined && { client_secret: clientSecret }),
  };
  let known: Promise<AuthorizationServerMetadata> | undefined;

  function metadata(): Promise<AuthorizationServerMetadata> {
    known ??= discover(issuer, fetch).catch((error: unknown) => {
      known = undefined;
      throw cannotSay(issuer, error);
    });
    return known;
  }

  return {
    async begin(state) {
      const found = await metadata();
      try {
        const { authorizationUrl, codeVerifier } = await startAuthorization(issuer, {
          ...{ metadata: found, clientInformation, redirectUrl, resource, state },
          ...(scope !== undefined && { scope }),
        });
        return { url: authorizationUrl.href, verifier: codeVerifier };
      } catch (error) {
        throw cannotSay(issuer, error);
      }
    },
    async checkIssuer(iss) {
      validateIssuer(await metadata(), iss);
    },
    async exchange({ code, verifier, iss }) {
      try {
        const tokens = await exchangeAuthorization(issuer, {
          ...{ metadata: await metadata(), clientInformation, authorizationCode: code },
          ...{ codeVerifier: verifier, redirectUri: redirectUrl, resource },
          ...(iss !== undefined && { iss }),
          fetchFn: fetch,
        });
        return tokens.access_token;
      } catch (error) {
        throw toRefusal(issuer, error);
      }
    },
  };
}

async function discover(issuer: string, fetchFn: FetchLike): Promise<AuthorizationServerMetadata> {
  const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn });
  if (metadata === undefined) throw new Error("it has no metadata");
  const { protocol } = new URL(metadata.authorization_endpoint);
  if (protocol !== "https:" && protocol !== "http:") {
    throw new Error("its authorization endpoint is no web page");
  }
  return metadata;
}

function validateIssuer(metadata: AuthorizationServerMetadata, iss: string | undefined): void {
  const issParameterSupported =
    "authorization_response_iss_parameter_supported" in metadata &&
    metadata.authorization_response_iss_parameter_supported === true;
  try {
    validateAuthorizationResponseIssuer({
      ...{ iss, expectedIssuer: metadata.issuer, issParameterSupported },
    });
  } catch (error) {
    throw toRefusal(metadata.issuer, error);
  }
}

/** What an issuer says while something is wrong with itself. */
const PASSING = ["server_error", "temporarily_unavailable"];

function toRefusal(issuer: string, error: unknown): Error {
  if (IssuerMismatchError.isInstance(error)) {
    return new TrestleError("denied", `This is no answer of ${issuer}.`, {
      details: { reason: "issuer" },
      cause: error,
    });
  }
  if (!OAuthError.isInstance(error) || PASSING.includes(error.code))
    return cannotSay(issuer, error);
  return new TrestleError("denied", `${issuer} gave no token: ${error.code}.`, {
    details: { error: error.code.slice(0, 64) },
    cause: error,
  });
}

function cannotSay(issuer: string, error: unknown): Error {
  if (isTrestleError(error)) return error as Error;
  const why = messageOf(error).slice(0, 300);
  return new TrestleError("unavailable", `${issuer} cannot be asked: ${why}.`, { cause: error });
}
