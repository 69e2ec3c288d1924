import {
  auth,
  extractWWWAuthenticateParams,
  type FetchLike,
  type OAuthClientProvider,
} from "@modelcontextprotocol/client";
import { type Clock, isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import type { Credentials, Refusal } from "../http/credentials.ts";
import type { Kept, Pending, Vault } from "./kept.ts";
import { createProvider } from "./provider.ts";
import type { OAuthSettings } from "./settings.ts";

export interface OAuthParts {
  readonly upstream: string;
  /** The server's address. */
  readonly url: string;
  readonly settings: OAuthSettings;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly fetch: FetchLike;
  readonly redirectUrl: string;
  /** A text that cannot be guessed, by which the browser's return is known again. */
  readonly newState: () => string;
  /** What to do to sign in, said to whoever may not see the address of the sign-in. */
  readonly how: string;
  /** May whoever calls be told where to sign in? */
  tellsAddress(): boolean;
}

/** What the browser brings back from the authorization server. */
export interface Return {
  readonly state?: string | undefined;
  readonly code?: string | undefined;
  readonly iss?: string | undefined;
  readonly error?: string | undefined;
  readonly errorDescription?: string | undefined;
}

/** The credentials of one holder at one server that wants OAuth. */
export interface OAuthCredentials extends Credentials {
  /** Where a person signs in; undefined where it needs none, and tokens are there. */
  begin(): Promise<string | undefined>;
  /** Takes the browser's return. Throws `denied` where it is not of the sign-in that was begun. */
  finish(back: Return): Promise<void>;
  /** Until when the token holds, as far as its server said; epoch milliseconds. */
  status(): Promise<{
    readonly isSignedIn: boolean;
    /** A sign-in was begun, and can still be finished. */
    readonly isPending: boolean;
    readonly expiresAt?: number;
  }>;
  /** Forgets the tokens. */
  signOut(): Promise<void>;
}

/** A token is renewed so long before it ends. */
const AHEAD_MS = 60_000;
/** So long a sign-in that was begun is offered again: a second one would make the first void. */
const PENDING_MS = 600_000;

export async function openOAuthCredentials(parts: OAuthParts): Promise<OAuthCredentials> {
  const { upstream, url, settings, vault, clock } = parts;
  let kept: Kept = (await vault.read()) ?? {};
  let renewing: Promise<boolean> | undefined;
  let last: Promise<void> = Promise.resolve();

  async function change(to: (before: Kept) => Kept): Promise<void> {
    kept = to(kept);
    const now = kept;
    last = last.then(() => vault.write(now));
    await last;
  }

  const provider = createProvider({
    ...{ upstream, settings, change, kept: () => kept, now: clock.now },
    ...{ redirectUrl: parts.redirectUrl, newState: parts.newState },
  });

  function expiresAt(): number | undefined {
    const seconds = kept.tokens?.expires_in;
    return seconds === undefined ? undefined : (kept.obtainedAt ?? 0) + seconds * 1_000;
  }

  function carried(): Record<string, string> {
    const { tokens } = kept;
    return tokens === undefined ? {} : { authorization: `Bearer ${tokens.access_token}` };
  }

  /** One at a time: a refresh token is often good for once only. True where there is a token now. */
  function renew(options: Asked = {}): Promise<boolean> {
    renewing ??= ask(options).finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  async function ask({ challenge, widens = false }: Asked): Promise<boolean> {
    const told = challenge === undefined ? {} : readChallenge(challenge);
    const scope = widens ? union(kept.tokens?.scope, told.scope) : told.scope;
    try {
      const outcome = await auth(quietly(provider), {
        serverUrl: url,
        fetchFn: parts.fetch,
        forceReauthorization: widens,
        ...(told.resourceMetadataUrl && { resourceMetadataUrl: told.resourceMetadataUrl }),
        ...((settings.scope ?? scope) !== undefined && { scope: settings.scope ?? scope }),
      });
      return outcome === "AUTHORIZED";
    } catch (error) {
      throw notAuthorized(upstream, error);
    }
  }

  function pending(): Pending | undefined {
    const { pending: begun } = kept;
    return begun && clock.now() - begun.begunAt < PENDING_MS ? begun : undefined;
  }

  function isEnding(): boolean {
    const end = expiresAt();
    return end !== undefined && end - clock.now() < AHEAD_MS;
  }

  async function renewed(): Promise<Record<string, string>> {
    const canRenew = settings.grant === "client_credentials" || kept.tokens?.refresh_token;
    // While a token still holds, whatever keeps it from being renewed may pass.
    if (canRenew && pending() === undefined) await renew().catch(() => {});
    return carried();
  }

  return {
    headers: () => (isEnding() ? renewed() : carried()),
    async refused({ status, challenge, carried: { authorization } }: Refusal) {
      if (authorization !== carried().authorization) return true;
      const widens = status === 403;
      if (widens && !/insufficient_scope/.test(challenge ?? "")) return false;
      if (pending() === undefined && (await renew({ challenge, widens }))) return true;
      throw needsReauth(parts, pending()?.url);
    },
    async begin() {
      if (pending() === undefined && (await renew({ widens: kept.tokens !== undefined }))) return;
      return pending()?.url;
    },
    async finish(back) {
      const begun = pending();
      if (begun === undefined || back.state !== begun.state) throw notOurs(upstream);
      if (back.error !== undefined || back.code === undefined) throw refusedBy(upstream, back);
      try {
        await auth(provider, {
          serverUrl: url,
          fetchFn: parts.fetch,
          authorizationCode: back.code,
          ...(back.iss !== undefined && { iss: back.iss }),
        });
      } catch (error) {
        throw notAuthorized(upstream, error);
      }
    },
    async status() {
      const end = expiresAt();
      const [isSignedIn, isPending] = [kept.tokens !== undefined, pending() !== undefined];
      return { isSignedIn, isPending, ...(end !== undefined && { expiresAt: end }) };
    },
    signOut: () =>
      change(({ clients, discovery }) => ({
        ...(clients && { clients }),
        ...(discovery && { discovery }),
      })),
  };
}

interface Asked {
  readonly challenge?: string | undefined;
  /** The token is good, and not for this. */
  readonly widens?: boolean;
}

/** A discovery that was kept is asked for anew with each new sign-in: servers change whom they trust. */
function quietly(provider: OAuthClientProvider): OAuthClientProvider {
  return { ...provider, discoveryState: () => undefined };
}

function readChallenge(challenge: string): {
  readonly resourceMetadataUrl?: URL;
  readonly scope?: string;
} {
  const headers = { "www-authenticate": challenge };
  return extractWWWAuthenticateParams(new Response(null, { status: 401, headers }));
}

function union(granted = "", wanted = ""): string {
  return [...new Set(`${granted} ${wanted}`.split(" "))].filter(Boolean).join(" ");
}

/** A person has to sign in. Where, the details say: messages are kept in logs, for others to read. */
function needsReauth({ upstream, how, tellsAddress }: OAuthParts, url?: string): TrestleError {
  const told = tellsAddress() ? url : undefined;
  return new TrestleError("denied", `Upstream "${upstream}" wants a sign-in. ${how}`, {
    details: {
      ...{ upstream, reason: "needs_reauth", sent: true },
      ...(told !== undefined && { authorization_url: told }),
    },
  });
}

function notOurs(upstream: string): TrestleError {
  return new TrestleError(
    "denied",
    `This is not the return of a sign-in at "${upstream}" that was begun here in the last ten minutes. Begin it anew.`,
  );
}

function refusedBy(
  upstream: string,
  { error = "no code", errorDescription }: Return,
): TrestleError {
  const why = errorDescription === undefined ? "" : ` (${errorDescription.slice(0, 300)})`;
  return new TrestleError(
    "denied",
    `The authorization server of "${upstream}" answered ${error.slice(0, 100)}${why}. Begin the sign-in anew.`,
  );
}

function notAuthorized(upstream: string, error: unknown): Error {
  if (isTrestleError(error)) return error as Error;
  return new TrestleError(
    "denied",
    `No token for "${upstream}": ${messageOf(error).slice(0, 500)}. Check its oauth settings.`,
    { details: { upstream }, cause: error },
  );
}
