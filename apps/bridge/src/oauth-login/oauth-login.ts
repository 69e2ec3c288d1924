import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Sealer } from "@trestle/access";
import { type Clock, isTrestleError, type Logger, messageOf } from "@trestle/protocol";
import type { CodeFlow } from "@trestle/upstream/oauth";
import type { Audit } from "../access/audit.ts";
import { createFailures } from "../access/failures.ts";
import type { GoodToken, TokenRules, Tokens } from "../access/tokens.ts";
import type { WebSessions } from "../access/web-sessions.ts";
import { ATTEMPT_MS, type Attempt, openAttempt, sealAttempt } from "./attempt.ts";
import { dashboardPath } from "./dashboard-path.ts";
import * as refusals from "./refusal.ts";

/** As which client people are logged in at the issuer. */
export interface LoginRules {
  readonly clientId: string;
  /** Of a confidential client; a public one has PKCE alone. */
  readonly clientSecret?: string | undefined;
  /** Scopes to ask for; left out, those that `access.oauth.scopes` explains. */
  readonly scopes?: readonly string[] | undefined;
}

export interface OAuthRules extends TokenRules {
  readonly login?: LoginRules | undefined;
}

export interface OAuthLoginParts {
  readonly rules: () => OAuthRules | undefined;
  /** A path of this bridge, as browsers and the issuer know it. */
  readonly addressOf: (path: string) => string;
  /** Whom tokens have to be for: the MCP endpoint. */
  readonly resource: () => string;
  readonly tokens: Pick<Tokens, "judge">;
  readonly sessions: Pick<WebSessions, "beginWith">;
  readonly sealer: Sealer;
  readonly audit: Pick<Audit, "record" | "refused">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Logs people in at the issuer whose tokens are let in. What is refused is on record, and throws `LoginRefusal`. */
export interface OAuthLogin {
  /** Where people sign in; undefined where that is not configured. */
  host(): string | undefined;
  /** Where it begins, as browsers should ask: that address alone gets its cookie back. */
  address(): string;
  /** Sends a browser off. `to` is where in the dashboard it comes back to, `from` its address. */
  begin(asked: { readonly to: string | null; readonly from: string }): Promise<SentOff>;
  /** Takes what it came back with. */
  finish(back: CameBack): Promise<LoggedIn>;
}

export interface SentOff {
  /** Where the browser goes. */
  readonly url: string;
  /** What it brings along when it comes back. */
  readonly cookie: string;
}

export interface CameBack {
  readonly query: URLSearchParams;
  readonly cookie: string | undefined;
  /** Its address. */
  readonly from: string;
}

export interface LoggedIn {
  /** For the cookie of the session. */
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Below where the dashboard begins. */
  readonly to: string;
}

export const LOGIN_PATH = "/oauth/login";
/** In the same folder: its cookie goes there and nowhere else, whatever prefix a proxy has. */
export const LOGIN_RETURN_PATH = "/oauth/login-return";

/** The metadata of an issuer are read anew then. */
const FLOW_MS = 10 * 60_000;
/** Logins that are remembered as finished. */
const MAX_FINISHED = 10_000;
/** Browsers drop larger cookies without a word. */
const MAX_COOKIE = 3_800;

export function createOAuthLogin(parts: OAuthLoginParts): OAuthLogin {
  const { rules, sealer, sessions, tokens, audit, clock, log } = parts;
  const failures = createFailures(clock);
  const finished = new Map<string, number>();
  const flowFor = createFlows(parts);

  function current(): Current {
    const own = rules();
    if (own?.login === undefined) throw new Error("nobody logs in by OAuth here");
    return { rules: own, login: own.login, host: new URL(own.issuer).host };
  }

  /** What is refused is on record, and whoever guesses is not looked at any more. */
  async function recorded<Value>(from: string, work: () => Promise<Value>): Promise<Value> {
    try {
      const waitMs = failures.limitedFor(from);
      if (waitMs !== undefined) throw refusals.tooMany(waitMs);
      return await work();
    } catch (error) {
      const refusal = toRefusal(error);
      if (refusal.isSuspect) failures.count(from);
      audit.refused({ event: "login_refused", reason: refusal.reason, address: from });
      throw refusal;
    }
  }

  function toRefusal(error: unknown): refusals.LoginRefusal {
    if (error instanceof refusals.LoginRefusal) return error;
    log.warn("a login by OAuth came to nothing", { reason: messageOf(error) });
    return refusals.unavailable(current().host);
  }

  /** The attempt that this is the answer to, for this one time. */
  function take({ query, cookie }: CameBack): Attempt {
    const attempt = openAttempt(cookie, query.get("state"), sealer);
    if (attempt === undefined) throw refusals.notBegunHere();
    if (attempt.until <= clock.now()) throw refusals.expired();
    if (finished.has(attempt.state)) throw refusals.replayed();
    for (const [state, until] of finished) {
      if (until > clock.now() && finished.size < MAX_FINISHED) break;
      finished.delete(state);
    }
    finished.set(attempt.state, attempt.until);
    return attempt;
  }

  async function tokenFor(back: CameBack, attempt: Attempt, now: Current): Promise<GoodToken> {
    const { host } = now;
    if (attempt.issuer !== now.rules.issuer) throw refusals.foreignIssuer(host);
    const text = await exchange(back.query, { attempt, flow: await flowFor(now), host });
    const verdict = await tokens.judge(text);
    const resource = parts.resource();
    if (verdict === undefined) throw refusals.notForUs(host, "it is no JSON Web Token", resource);
    if ("principal" in verdict) return verdict;
    if (verdict.isUnjudged) throw refusals.unavailable(host);
    throw refusals.notForUs(host, verdict.reason.replace(/^token: /, ""), resource);
  }

  return {
    host: () => (rules()?.login === undefined ? undefined : current().host),
    address: () => parts.addressOf(LOGIN_PATH),
    begin: ({ to, from }) =>
      recorded(from, async () => {
        const now = current();
        const state = randomBytes(24).toString("base64url");
        const flow = await flowFor(now);
        const { url, verifier } = await flow.begin(state);
        const attempt: Attempt = {
          ...{ state, verifier, issuer: now.rules.issuer, to: dashboardPath(to) },
          until: clock.now() + ATTEMPT_MS,
        };
        return { url, cookie: sealAttempt(attempt, sealer) };
      }),
    finish: (back) =>
      recorded(back.from, async () => {
        const now = current();
        const attempt = take(back);
        const good = await tokenFor(back, attempt, now);
        const { session, token } = sessions.beginWith(good);
        if (token.length > MAX_COOKIE) throw refusals.tooLarge(now.host);
        const { id: principal } = good.principal;
        await audit.record({ event: "logged_in", principal, issuer: now.rules.issuer });
        return { token, expiresAt: session.expiresAt, to: attempt.to };
      }),
  };
}

interface Current {
  readonly rules: OAuthRules;
  readonly login: LoginRules;
  /** Of the issuer, as people see it in their browser. */
  readonly host: string;
}

interface Exchange {
  readonly attempt: Attempt;
  readonly flow: CodeFlow;
  readonly host: string;
}

/** The access token that the issuer's answer is good for. */
async function exchange(
  query: URLSearchParams,
  { attempt, flow, host }: Exchange,
): Promise<string> {
  const iss = query.get("iss") ?? undefined;
  await flow.checkIssuer(iss).catch((error: unknown) => {
    const isForeign = isDenied(error) && error.details?.reason === "issuer";
    throw isForeign ? refusals.foreignIssuer(host) : error;
  });
  const error = query.get("error");
  if (error === "access_denied") throw refusals.deniedByPerson(host);
  const code = query.get("code");
  if (error !== null || code === null) throw refusals.issuerSaid(host, wordOf(error ?? "no code"));
  try {
    return await flow.exchange({ code, verifier: attempt.verifier, iss });
  } catch (failure) {
    if (!isDenied(failure)) throw failure;
    throw refusals.noToken(host, wordOf(String(failure.details?.error ?? "refused")));
  }
}

function isDenied(error: unknown): error is { readonly details?: Record<string, unknown> } {
  return isTrestleError(error) && error.code === "denied";
}

/** Codes of OAuth are short words; whatever else comes in their place is none of ours to repeat. */
function wordOf(code: string): string {
  return code.replace(/[^\w .-]/g, "?").slice(0, 64);
}

/** One flow for as long as nothing changes; what speaks OAuth is loaded with the first. */
function createFlows({ addressOf, resource, audit, clock }: OAuthLoginParts) {
  let made: { readonly key: unknown; readonly at: number; readonly flow: CodeFlow } | undefined;

  return async ({ rules, login }: Current): Promise<CodeFlow> => {
    const { issuer } = rules;
    const scopes = login.scopes ?? Object.keys(rules.scopes ?? {});
    const settings = {
      ...{ issuer, clientId: login.clientId, clientSecret: login.clientSecret },
      ...(scopes.length > 0 && { scope: scopes.join(" ") }),
      ...{ redirectUrl: addressOf(LOGIN_RETURN_PATH), resource: resource() },
    };
    const isYoung = made !== undefined && clock.now() - made.at < FLOW_MS;
    if (made && isYoung && isDeepStrictEqual(made.key, settings)) return made.flow;
    const [{ createCodeFlow }, { createGuardedFetch }] = await Promise.all([
      import("@trestle/upstream/oauth"),
      import("../sign-in/guarded-fetch.ts"),
    ]);
    const fetch = createGuardedFetch({
      ...{ server: issuer, clock },
      onRefused: (host) =>
        audit.refused({ event: "address_refused", setting: "access.oauth", host }),
    });
    const flow = createCodeFlow({ ...settings, fetch });
    made = { key: settings, at: clock.now(), flow };
    return flow;
  };
}
