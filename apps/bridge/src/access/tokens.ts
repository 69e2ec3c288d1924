import { hash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { parseScope } from "@trestle/access";
import type { TokenFacts, TokenVerifier } from "@trestle/access/tokens";
import {
  type Clock,
  isTrestleError,
  type Logger,
  messageOf,
  type Principal,
} from "@trestle/protocol";
import type { Presented } from "@trestle-mcp/server-kit/serving";
import type { Audit } from "./audit.ts";

/** Whose tokens are let in, as configured. */
export interface TokenRules {
  readonly issuer: string;
  readonly jwksUri?: string | undefined;
  /** Whom tokens must be for, besides this bridge by its own address. */
  readonly audience?: string | undefined;
  /** What a scope of the issuer lets its holder do, by its name. */
  readonly scopes?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface TokensParts {
  readonly rules: () => TokenRules | undefined;
  /** This bridge's MCP endpoint, as tokens name it. */
  readonly resource: () => string;
  readonly audit: Pick<Audit, "refused">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who holds a token, in its issuer's words: as far as they mean something here. */
export type TokenHolder = Pick<TokenFacts, "issuer" | "subject" | "scopes">;

export interface GoodToken {
  readonly principal: Principal;
  readonly holder: TokenHolder;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** What is known of a token: whose it is, or why it is not let in. */
export type TokenVerdict =
  | GoodToken
  | {
      readonly reason: string;
      /** It may be good in a moment. */
      readonly isUnjudged: boolean;
    };

/** Access tokens of an authorization server. A token is looked into once, and known by its digest from then on. */
export interface Tokens {
  isWanted(): boolean;
  /** Looks into the token of a request, unless it is known or there is none. Never rejects. */
  prepare(presented: Presented): Promise<void> | undefined;
  /** Of a token that was looked into; undefined for what is none. */
  find(text: string): TokenVerdict | undefined;
  /** Both at once, for a token that came with no request. */
  judge(text: string): Promise<TokenVerdict | undefined>;
  /**
   * The principal of a token that was good, with what its scopes mean now, where the token itself is not at hand and a
   * seal says until when it holds; undefined where its issuer is trusted no more.
   */
  principalOf(holder: TokenHolder, until: number): Principal | undefined;
  /** Until when the last good token of this principal holds; epoch milliseconds. */
  holdsUntil(principalId: string): number | undefined;
  /** What a refusal says of where tokens come from (RFC 9728). */
  challenge(): string | undefined;
}

const MAX_KNOWN = 2_000;
/** A bad token is not looked into again for so long, nor is one that nobody could judge. */
const BAD_MS = 30_000;
const UNJUDGED_MS = 1_000;
/** Longer ones are no tokens. */
const MAX_LENGTH = 16_384;
const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

interface Known {
  readonly verdict: TokenVerdict;
  readonly until: number;
}

export function createTokens({ rules, resource, audit, clock, log }: TokensParts): Tokens {
  const known = new Map<string, Known>();
  const bad = new Map<string, Known>();
  const looking = new Map<string, Promise<void>>();
  /** By principal: until when a token holds that was looked into elsewhere, or before this bridge began. */
  const sealed = new Map<string, number>();
  let current: TokenRules | undefined;
  let verifier: Promise<TokenVerifier> | undefined;

  /** Other rules are other verdicts. */
  function follow(): TokenRules | undefined {
    const next = rules();
    if (next !== current && !isDeepStrictEqual(next, current)) {
      for (const each of [known, bad, sealed]) each.clear();
      verifier = undefined;
      current = next;
    }
    return current;
  }

  async function openVerifier({ issuer, jwksUri, audience }: TokenRules): Promise<TokenVerifier> {
    const [{ createTokenVerifier }, { createGuardedFetch }] = await Promise.all([
      import("@trestle/access/tokens"),
      import("../sign-in/guarded-fetch.ts"),
    ]);
    // What the issuer's metadata name was named by nobody here.
    const fetch = createGuardedFetch({
      ...{ server: issuer, issuer: jwksUri, clock },
      onRefused: (host) =>
        audit.refused({ event: "address_refused", setting: "access.oauth", host }),
    });
    const audiences = [resource(), ...(audience === undefined ? [] : [audience])];
    return createTokenVerifier({ issuer, jwksUri, audiences, clock, fetch });
  }

  async function look(text: string, digest: string, own: TokenRules): Promise<void> {
    const entry = await judge(text, own);
    if (follow() !== own) return;
    // Apart, so that a flood of bad ones takes no good one's place.
    keep("principal" in entry.verdict ? known : bad, digest, entry);
  }

  async function judge(text: string, own: TokenRules): Promise<Known> {
    const now = clock.now();
    try {
      verifier ??= openVerifier(own);
      const facts = await (await verifier).verify(text);
      const { issuer, subject, expiresAt } = facts;
      const scopes = facts.scopes.filter((scope) => meaningOf(scope, own).length > 0);
      const holder = { issuer, subject, scopes };
      const principal = principalOf(holder, own);
      return { verdict: { principal, holder, expiresAt }, until: expiresAt };
    } catch (error) {
      const isBad = isTrestleError(error) && error.code === "denied";
      if (!isBad) log.warn("a token cannot be checked", { error: messageOf(error) });
      const reason = isBad ? `token: ${messageOf(error)}` : "token that nobody could check";
      const isUnjudged = !isBad || error.retryable;
      return { verdict: { reason, isUnjudged }, until: now + (isUnjudged ? UNJUDGED_MS : BAD_MS) };
    }
  }

  function entryOf(text: string): Known | undefined {
    const digest = digestOf(text);
    const entry = known.get(digest) ?? bad.get(digest);
    return entry !== undefined && clock.now() < entry.until ? entry : undefined;
  }

  function prepare({ bearer: text }: Pick<Presented, "bearer">): Promise<void> | undefined {
    const own = follow();
    if (own === undefined || text === undefined || !isToken(text)) return undefined;
    if (entryOf(text) !== undefined) return undefined;
    const digest = digestOf(text);
    const running =
      looking.get(digest) ?? look(text, digest, own).finally(() => looking.delete(digest));
    looking.set(digest, running);
    return running;
  }

  function find(text: string): TokenVerdict | undefined {
    if (follow() === undefined || !isToken(text)) return undefined;
    return entryOf(text)?.verdict ?? { reason: "token that has ended", isUnjudged: false };
  }

  return {
    isWanted: () => rules() !== undefined,
    prepare,
    find,
    async judge(text) {
      await prepare({ bearer: text });
      return find(text);
    },
    principalOf(holder, until) {
      const own = follow();
      if (own?.issuer !== holder.issuer || until <= clock.now()) return undefined;
      const principal = principalOf(holder, own);
      keep(sealed, principal.id, Math.max(until, sealed.get(principal.id) ?? 0));
      return principal;
    },
    holdsUntil(id) {
      if (follow() === undefined) return undefined;
      const ends = [...known.values()].flatMap(({ verdict }) =>
        "principal" in verdict && verdict.principal.id === id ? [verdict.expiresAt] : [],
      );
      const elsewhere = sealed.get(id);
      if (elsewhere !== undefined) ends.push(elsewhere);
      return ends.length === 0 ? undefined : Math.max(...ends);
    },
    challenge() {
      if (rules() === undefined) return undefined;
      return `resource_metadata="${metadataUrl(resource())}"`;
    },
  };
}

/** Where a resource's metadata are, by its own address (RFC 9728 §3.1). */
export function metadataUrl(resource: string): string {
  const { origin, pathname } = new URL(resource);
  return `${origin}${METADATA_PATH}${pathname === "/" ? "" : pathname}`;
}

export const METADATA_PATH = "/.well-known/oauth-protected-resource";

/** Subjects are unique by issuer: the same name at another one is somebody else. */
function principalOf({ issuer, subject, scopes }: TokenHolder, rules: TokenRules): Principal {
  const at = hash("sha256", issuer, "hex").slice(0, 8);
  return {
    id: `${SUBJECT_PREFIX}${at}:${subject}`,
    kind: "subject",
    scopes: scopes.flatMap((scope) => meaningOf(scope, rules)),
  };
}

/** What a scope of the issuer lets its holder do here; nothing where it is none of ours. */
function meaningOf(scope: string, { scopes = {} }: TokenRules): readonly string[] {
  return (
    (Object.hasOwn(scopes, scope) ? scopes[scope] : undefined) ?? (isOurs(scope) ? [scope] : [])
  );
}

/** The oldest goes where there are too many. */
function keep<Value>(entries: Map<string, Value>, key: string, value: Value): void {
  const [oldest] = entries.keys();
  if (entries.size >= MAX_KNOWN && oldest !== undefined && !entries.has(key))
    entries.delete(oldest);
  entries.set(key, value);
}

export const SUBJECT_PREFIX = "subject:";

/** A scope that says `server:tool` itself needs nobody to explain it. */
function isOurs(scope: string): boolean {
  try {
    parseScope(scope);
    return true;
  } catch {
    return false;
  }
}

function isToken(text: string): boolean {
  return text.length <= MAX_LENGTH && FORM.test(text);
}

function digestOf(text: string): string {
  return hash("sha256", text, "hex");
}
