import { createHmac } from "node:crypto";
import { join } from "node:path";
import {
  createSealer,
  ensureAdminCredential,
  type KeyStore,
  openKeyring,
  openKeyStore,
  type Sealer,
} from "@trestle/access";
import {
  type Clock,
  type JsonObject,
  type Logger,
  messageOf,
  type Principal,
  TrestleError,
} from "@trestle/protocol";
import type { Authenticate, Prepare, Presented } from "@trestle-mcp/server-kit/serving";
import { publicAddress } from "../config/public-address.ts";
import { createOAuthLogin, type OAuthLogin } from "../oauth-login/oauth-login.ts";
import { type Audit, openAudit } from "./audit.ts";
import { type Credentials, createAuthentication } from "./authenticate.ts";
import { type BoundPrincipal, createBinding } from "./binding.ts";
import { createAccessChanges } from "./changes.ts";
import { createGrants, type Grants } from "./grants.ts";
import { type AccessConfig, ADMIN_ID, type CallTarget, createRules } from "./rules.ts";
import { createTokens, type TokenRules } from "./tokens.ts";
import { END_GRACE_MS, openWebSessions, type ShareEnds, type WebSessions } from "./web-sessions.ts";

export interface AccessParts {
  readonly home: string;
  /** As it stands now; another object after every change. */
  readonly config: () => AccessConfig;
  /** The value of `MCP_ENCRYPTION_KEY`. */
  readonly encryptionKey?: string | undefined;
  /** Makes the keys of this home those of all bridges that are one with it. */
  readonly shareKeys?: ((keys: KeyStore) => Promise<KeyStore>) | undefined;
  readonly shareEnds?: ShareEnds | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who calls, and what they may do: the one place of a bridge that decides it. */
export interface Access {
  /** Of a request over HTTP. Cheap for a credential that was seen before. */
  readonly authenticate: Authenticate;
  /** Goes before `authenticate`, where a token has to be looked into. */
  readonly prepare: Prepare;
  /** What is said to the holder of a token of where to get another one. */
  challenge(): string | undefined;
  /** What is said of where tokens come from (RFC 9728); undefined where none are taken. */
  tokenMetadata(): JsonObject | undefined;
  /** Would a request over HTTP that presents this still be let in, and as that principal? Counts for nothing. */
  holds(presented: Presented, principalId: string): boolean;
  /** Does an HTTP caller on this machine need a key? Everybody else always does. */
  needsKey(): boolean;
  /** May the principal call the tool? For lists: a no is nobody's business. */
  allows(principal: Principal, target: CallTarget): boolean;
  /** May the principal call whatever there is? Then nothing needs to be asked one by one. */
  isUnbounded(principal: Principal): boolean;
  /** The same for a call that is being made: a no goes to the audit log. */
  admits(principal: Principal, target: CallTarget): boolean;
  isAdmin(principal: Principal): boolean;
  /** The principal of whoever presents the admin credential over the home's socket. Throws `denied`. */
  asAdmin(credential: string): Principal;
  /** What has to be kept of a principal so that it can act later. */
  bind(principal: Principal): BoundPrincipal;
  /** That principal, if its credential still holds, with no more than it may do now. Throws `denied`. */
  check(bound: BoundPrincipal): Principal;
  /** Does the credential of the principal with this id still hold? */
  isKnown(id: string): boolean;
  /** Calls the listener when who may come in has changed: what was let in is to be looked at anew. */
  onChange(listener: () => void): () => void;
  readonly grants: Grants;
  /** Of browsers whose user logged in. */
  readonly sessions: WebSessions;
  /** Logs them in at the issuer of tokens. */
  readonly oauthLogin: OAuthLogin;
  readonly keys: KeyStore;
  readonly sealer: Sealer;
  /** A digest that only this home and those that are one with it can make, so that nothing can be guessed from it. */
  readonly fingerprint: (text: string) => string;
  readonly audit: Audit;
  close(): Promise<void>;
}

/**
 * Opens what a home holds of access: the admin credential, the API keys, the sealing keys and the audit
 * log; each is made where it is missing. Throws where the configuration's rules are wrong (`invalid_config`)
 * and where the audit log is not as it was written (`conflict`).
 */
export async function openAccess(parts: AccessParts): Promise<Access> {
  const { home, config, encryptionKey, clock, log } = parts;
  const folder = join(home, "bridge");
  const admin = ensureAdminCredential(home);
  // Principals and digests are the same at all bridges that are one.
  const shared = parts.shareKeys && encryptionKey?.split(",").at(-1)?.trim();
  const secrets: Secrets = { admin: admin.text, naming: shared || admin.text };
  let good = settle(config(), secrets, clock); // wrong rules are refused at the start
  const current = follow(config, (settings) => {
    try {
      good = settle(settings, secrets, clock);
    } catch (error) {
      log.error("access goes on by the last good rules", { reason: messageOf(error) });
    }
    return good;
  });
  const { sealer, keys, changes, audit } = await openKept(folder, parts);
  const credentials = follow(current, ({ httpKey, rules, adminPrincipal }) => ({
    admin,
    adminPrincipal,
    ...(httpKey === undefined ? {} : { httpKey }),
    wantsAddress: rules.wantsAddress,
  }));
  const tokenRules = () => config().access?.oauth;
  const resource = () => publicAddress(config().http, "/mcp");
  const tokens = createTokens({ rules: tokenRules, resource, audit, clock, log });
  const binding = createBinding({ current, keys, tokens, clock });
  const fingerprint = (text: string): string =>
    createHmac("sha256", secrets.naming).update(text).digest("hex");
  const sessions = await openWebSessions({
    ...{ file: join(folder, "sessions.db"), binding, keys, sealer, fingerprint, clock },
    ...{ tokens, share: parts.shareEnds, onEnded: changes.changed },
  });
  const oauthLogin = createOAuthLogin({
    ...{ rules: tokenRules, resource, tokens, sessions, sealer, audit, clock, log },
    addressOf: (path) => publicAddress({ ...config().http, host: undefined }, path),
  });
  const asking = { credentials, keys, tokens, sessions, audit, clock, log };
  const authentication = createAuthentication(asking);
  const allows = (principal: Principal, target: CallTarget): boolean =>
    current().rules.allows(principal, target);

  return {
    authenticate: authentication.authenticate,
    prepare: authentication.prepare,
    challenge: tokens.challenge,
    tokenMetadata: () => metadataOf(tokenRules(), resource()),
    holds: authentication.holds,
    needsKey: authentication.needsKey,
    allows,
    isUnbounded: (principal) => current().rules.isUnbounded(principal),
    admits(principal, { server, tool, hints }) {
      if (allows(principal, { server, tool, hints })) return true;
      audit.refused({ event: "call_refused", principal: principal.id, server, tool });
      return false;
    },
    isAdmin: ({ kind }) => kind === "admin",
    asAdmin(credential) {
      if (authentication.isAdminCredential(credential, "home")) return current().adminPrincipal;
      throw notAdmin();
    },
    ...binding,
    onChange: changes.onChange,
    grants: createGrants({ binding, sealer, audit, clock }),
    ...{ keys, sealer, fingerprint, oauthLogin, audit },
    sessions: endingAll(sessions, () => clock.after(END_GRACE_MS, changes.changed)),
    async close() {
      changes.close();
      await sessions.close();
      await audit.close();
      await keys.close();
    },
  };
}

function notAdmin(): TrestleError {
  return new TrestleError(
    "denied",
    "This is not the admin credential of this home. Read it anew from admin.key, and wait a minute after many wrong ones.",
  );
}

/** The same sessions. What one has open ends with it, once the request that asked for it is answered. */
function endingAll(sessions: WebSessions, afterEnd: () => void): WebSessions {
  return {
    ...sessions,
    async end(session) {
      await sessions.end(session);
      afterEnd();
    },
  };
}

/** What a home keeps of who may come in, and what they did. */
async function openKept(folder: string, { encryptionKey, shareKeys, clock, log }: AccessParts) {
  const keyring = openKeyring({
    folder: join(folder, "keys"),
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
  });
  const own = await openKeyStore({ file: join(folder, "keys.db"), clock });
  const stored = shareKeys ? await shareKeys(own) : own;
  const changes = createAccessChanges(stored, clock);
  const keys = telling(stored, changes.changed);
  const audit = await openAudit({ folder: join(folder, "audit"), clock, log }).catch(
    async (error) => {
      await keys.close();
      throw error;
    },
  );
  return { sealer: createSealer(keyring), keys, changes, audit };
}

function metadataOf(rules: TokenRules | undefined, resource: string): JsonObject | undefined {
  if (rules === undefined) return undefined;
  const scopes = Object.keys(rules.scopes ?? {});
  return {
    ...{ resource, authorization_servers: [rules.issuer], bearer_methods_supported: ["header"] },
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    resource_name: "Trestle",
  };
}

/** The same keys, of which every change is told. */
function telling(keys: KeyStore, changed: () => void): KeyStore {
  const then = async <Value>(change: Promise<Value>): Promise<Value> => {
    const value = await change;
    changed();
    return value;
  };
  return {
    ...keys,
    rotate: (id, overlapMs) => then(keys.rotate(id, overlapMs)),
    revoke: (id) => then(keys.revoke(id)),
    create: (key) => then(keys.create(key)),
  };
}

/** The configuration as far as it decides who is who. */
export interface Settled {
  readonly rules: ReturnType<typeof createRules>;
  readonly adminPrincipal: Principal;
  /** Names the admin credential without telling anything of it. */
  readonly adminKeyId: string;
  readonly httpKey?: NonNullable<Credentials["httpKey"]>;
}

interface Secrets {
  readonly admin: string;
  /** Names are made with it. The oldest of several keys, so that a new one in front renames nobody. */
  readonly naming: string;
}

function settle(config: AccessConfig, { admin, naming }: Secrets, clock: Clock): Settled {
  const { key } = config.http;
  const scopes = config.access?.keyScopes;
  // Made with a secret: a key that a person chose could be guessed from its plain hash.
  const nameOf = (text: string) =>
    createHmac("sha256", naming).update(text).digest("hex").slice(0, 12);
  const httpKey = key === undefined ? undefined : { id: `key:http-${nameOf(key)}`, text: key };
  return {
    rules: createRules(config, clock),
    adminPrincipal: { id: ADMIN_ID, kind: "admin" },
    adminKeyId: `admin-${nameOf(admin)}`,
    ...(httpKey === undefined
      ? {}
      : {
          httpKey: {
            text: httpKey.text,
            principal: { id: httpKey.id, kind: "key", ...(scopes === undefined ? {} : { scopes }) },
          },
        }),
  };
}

/** What is made of a value, made anew only when the value is another one. */
function follow<From, To>(source: () => From, make: (from: From) => To): () => To {
  let from: From | undefined;
  let made: To | undefined;
  return () => {
    const current = source();
    if (made === undefined || current !== from) {
      made = make(current);
      from = current;
    }
    return made;
  };
}
