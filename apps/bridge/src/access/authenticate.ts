import { hash } from "node:crypto";
import { type AdminCredential, isSameSecret, type KeyStore } from "@trestle/access";
import { type Clock, LOCAL_PRINCIPAL, type Logger, type Principal } from "@trestle/protocol";
import type {
  Authenticate,
  AuthRefusal,
  Prepare,
  Presented,
} from "@trestle-mcp/server-kit/serving";
import type { Audit } from "./audit.ts";
import { createFailures } from "./failures.ts";
import type { Tokens } from "./tokens.ts";
import type { WebSessions } from "./web-sessions.ts";

/** The credentials of a home as they stand, in one value that changes when any of them does. */
export interface Credentials {
  readonly admin: AdminCredential;
  readonly adminPrincipal: Principal;
  readonly httpKey?: { readonly text: string; readonly principal: Principal };
  readonly wantsAddress: boolean;
}

export interface AuthenticateParts {
  /** The same object until the configuration changes. */
  readonly credentials: () => Credentials;
  readonly keys: KeyStore;
  readonly tokens: Tokens;
  readonly sessions: Pick<WebSessions, "find" | "stands">;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Authentication {
  readonly authenticate: Authenticate;
  /** Goes before it: looks into a token that is not known yet. */
  readonly prepare: Prepare;
  /** Would what is presented still be let in as that principal? Wrong credentials count for nothing here. */
  holds(presented: Presented, principalId: string): boolean;
  /** Does a caller on this machine need a key? */
  needsKey(): boolean;
  /** Is this the admin credential? Wrong ones count against the address. */
  isAdminCredential(given: string, address: string): boolean;
}

/** A credential that was found good, and from where it was presented. */
interface Known {
  readonly principals: Map<string, Principal>;
  readonly expiresAt: number;
}

interface Identified {
  readonly principal: Principal;
  readonly expiresAt?: number | undefined;
}

const MAX_KNOWN = 1_000;
/** Why a credential was not even looked at. */
const TOO_MANY = "too many wrong ones";

/**
 * Tells who calls. A good credential is known again by its digest, from the address it came from before,
 * for as long as no key and no configuration changes: then everything is looked at anew. So neither a
 * lookup's nor a comparison's time tells anything of a secret. A revocation counts at once here, and within
 * ten milliseconds where another process made it.
 */
export function createAuthentication(parts: AuthenticateParts): Authentication {
  const { keys, tokens, clock } = parts;
  const failures = createFailures(clock);
  const known = new Map<string, Known>();
  let credentials: Credentials | undefined;
  let version = "";
  let locked = false;

  function refresh(): Credentials {
    const current = parts.credentials();
    const now = keys.version();
    if (current === credentials && now === version) return current;
    known.clear();
    locked = current.httpKey !== undefined || !keys.isEmpty() || tokens.isWanted();
    credentials = current;
    version = now;
    return current;
  }

  function authenticate(presented: Presented): Principal | AuthRefusal {
    const current = refresh();
    const { bearer, apiKey: text = bearer, remoteAddress: address, isLoopback } = presented;
    const isOpen = isLoopback && !locked;
    const bySession = text === undefined ? ofSession(presented, current) : undefined;
    if (bySession) return bySession;
    if (text === undefined) return isOpen ? localFrom(address, current) : challenged(MISSING);
    const digest = hash("sha256", text, "hex");
    const entry = known.get(digest);
    if (entry && clock.now() < entry.expiresAt) {
      const principal = entry.principals.get(address);
      if (principal) return principal;
    }
    // Where nobody needs a key, hosts may send one that they have for something else.
    if (isOpen && !text.startsWith("trestle_")) return localFrom(address, current);
    return look(text, { address, digest, current });
  }

  /** Nothing where there is no session, or not any more. */
  function ofSession(
    { session, remoteAddress }: Presented,
    { wantsAddress }: Credentials,
  ): Principal | AuthRefusal | undefined {
    const address = wantsAddress && remoteAddress !== "" ? remoteAddress : undefined;
    const found = session && parts.sessions.find(session, address);
    if (found !== "forged") return found?.principal;
    parts.audit.refused({ event: "csrf_refused", address: remoteAddress });
    return FORGED;
  }

  function look(
    text: string,
    { address, digest, current }: { address: string; digest: string; current: Credentials },
  ): Principal | AuthRefusal {
    const waitMs = failures.limitedFor(address);
    if (waitMs !== undefined) {
      onRecord(TOO_MANY, address);
      return limited(waitMs);
    }
    const found = tokens.find(text) ?? identify(text, current, keys);
    if (!("principal" in found)) {
      // Where nobody could say whether it is good, nobody guessed.
      if ("isUnjudged" in found && found.isUnjudged) {
        onRecord(found.reason, address);
        return challenged(UNJUDGED);
      }
      refuse(found.reason, address);
      return challenged(INVALID);
    }
    const principal = withAddress(found.principal, address, current);
    const entry = known.get(digest) ?? {
      principals: new Map(),
      expiresAt: found.expiresAt ?? Number.POSITIVE_INFINITY,
    };
    if (known.size >= MAX_KNOWN || entry.principals.size >= MAX_KNOWN) known.clear();
    known.set(digest, entry);
    entry.principals.set(address, principal);
    return principal;
  }

  function challenged(refusal: AuthRefusal): AuthRefusal {
    const challenge = tokens.challenge();
    return challenge === undefined ? refusal : { ...refusal, challenge };
  }

  function refuse(reason: string, address: string): void {
    failures.count(address);
    onRecord(reason, address);
  }

  function onRecord(reason: string, address: string): void {
    parts.audit.refused({ event: "credential_refused", reason, address });
  }

  return {
    authenticate,
    // Who guesses is not looked at: that would cost us, and others, more than it costs them.
    prepare: (presented) =>
      failures.limitedFor(presented.remoteAddress) === undefined
        ? tokens.prepare(presented)
        : undefined,
    holds({ bearer, apiKey: text = bearer, session, isLoopback }, id) {
      const current = refresh();
      if (text === undefined && session) {
        const found = parts.sessions.stands(session.token);
        if (found) return found.principal.id === id;
      }
      if (id === LOCAL_PRINCIPAL.id) return isLoopback && !locked;
      const found =
        text === undefined ? undefined : (tokens.find(text) ?? identify(text, current, keys));
      return found !== undefined && "principal" in found && found.principal.id === id;
    },
    needsKey() {
      refresh();
      return locked;
    },
    isAdminCredential(given, address) {
      if (failures.limitedFor(address) !== undefined) {
        onRecord(TOO_MANY, address);
        return false;
      }
      if (refresh().admin.isSame(given)) return true;
      refuse("admin", address);
      return false;
    },
  };
}

/** Every credential is compared, so that the time does not tell which kind it was. */
function identify(
  text: string,
  { admin, adminPrincipal, httpKey }: Credentials,
  keys: KeyStore,
): Identified | { readonly reason: string } {
  const isAdmin = admin.isSame(text);
  const isHttpKey = httpKey !== undefined && isSameSecret(text, httpKey.text);
  const verdict = keys.verify(text);
  if (isAdmin) return { principal: adminPrincipal };
  if (isHttpKey) return { principal: httpKey.principal };
  if (verdict.kind === "valid") {
    return { principal: verdict.principal, expiresAt: verdict.until };
  }
  // Of one that was good, the id may be told to those who read the log.
  return { reason: "record" in verdict ? `${verdict.kind} key ${verdict.record.id}` : "unknown" };
}

function localFrom(address: string, credentials: Credentials): Principal {
  return withAddress(LOCAL_PRINCIPAL, address, credentials);
}

function withAddress(
  principal: Principal,
  address: string,
  { wantsAddress }: Credentials,
): Principal {
  return wantsAddress && address !== "" ? { ...principal, address } : principal;
}

const FORGED: AuthRefusal = {
  refused: "forged",
  message: "Send the csrf_token of your session as X-CSRF-Token: GET session tells it",
};
const MISSING: AuthRefusal = {
  refused: "missing",
  message: "Send a key of this bridge as Authorization: Bearer KEY, or as X-API-Key: KEY",
};
const INVALID: AuthRefusal = {
  refused: "invalid",
  message: "This is no key of this bridge, or not any more: ask whoever runs it for one",
};

const UNJUDGED: AuthRefusal = {
  refused: "invalid",
  message: "This token cannot be checked now: send it again in a moment",
};

function limited(retryAfterMs: number): AuthRefusal {
  return {
    refused: "limited",
    message: "Too many wrong keys came from this address: wait, then send the right one",
    retryAfterMs,
  };
}
