import { type KeyStore, narrowScopes } from "@trestle/access";
import {
  type Clock,
  type JsonObject,
  LOCAL_PRINCIPAL,
  type Principal,
  TrestleError,
} from "@trestle/protocol";
import type { Settled } from "./access.ts";
import { ADMIN_ID } from "./rules.ts";
import { SUBJECT_PREFIX, type Tokens } from "./tokens.ts";

/** A principal and the credential it rests on, as they are kept for later. To be sealed. */
export interface BoundPrincipal {
  readonly id: string;
  /** `local`, the id of a key, or the name of the admin credential as it was then. */
  readonly keyId: string;
  /** Absent: everything that the principal may do. */
  readonly scopes?: readonly string[];
  /** Epoch milliseconds; of a token, which nobody can ask about later. */
  readonly until?: number;
}

export interface Binding {
  bind(principal: Principal): BoundPrincipal;
  check(bound: BoundPrincipal): Principal;
  isKnown(id: string): boolean;
}

export interface BindingParts {
  readonly current: () => Settled;
  readonly keys: KeyStore;
  readonly tokens: Pick<Tokens, "holdsUntil" | "isWanted">;
  readonly clock: Clock;
}

const KEY_PREFIX = "key:";

/** Ties a principal to its credential, and finds out later whether that still holds. */
export function createBinding({ current, keys, tokens, clock }: BindingParts): Binding {
  /** The principal behind a credential as it is now. */
  function find({ id, keyId, until = 0 }: BoundPrincipal): Principal {
    if (keyId.startsWith(SUBJECT_PREFIX)) {
      if (tokens.isWanted() && clock.now() < until) return { id, kind: "subject" };
      throw gone(keyId, "expired");
    }
    const { adminKeyId, adminPrincipal, httpKey } = current();
    if (keyId === LOCAL_PRINCIPAL.id) return LOCAL_PRINCIPAL;
    if (keyId === adminKeyId) return adminPrincipal;
    if (httpKey && `${KEY_PREFIX}${keyId}` === httpKey.principal.id) return httpKey.principal;
    const verdict = keys.find(keyId);
    if (verdict.kind === "valid") return verdict.principal;
    throw gone(keyId, verdict.kind);
  }

  return {
    isKnown(id) {
      if (id.startsWith(SUBJECT_PREFIX)) return (tokens.holdsUntil(id) ?? 0) > clock.now();
      // Besides, only keys come and go.
      if (!id.startsWith(KEY_PREFIX) || current().httpKey?.principal.id === id) return true;
      return keys.find(id.slice(KEY_PREFIX.length)).kind === "valid";
    },
    bind({ id, scopes }) {
      const keyId =
        id === ADMIN_ID
          ? current().adminKeyId
          : id.startsWith(KEY_PREFIX)
            ? id.slice(KEY_PREFIX.length)
            : id;
      const until = id.startsWith(SUBJECT_PREFIX) ? tokens.holdsUntil(id) : undefined;
      return {
        ...{ id, keyId },
        ...(scopes === undefined ? {} : { scopes }),
        ...(until === undefined ? {} : { until }),
      };
    },
    check(bound) {
      const principal = find(bound);
      const { id, kind, scopes, limit } = principal;
      if (id !== bound.id) throw gone(bound.keyId, "unknown");
      if (bound.scopes === undefined) return principal;
      // Administration is for whoever holds the credential now, not for work that was left behind.
      return {
        id,
        kind: kind === "admin" ? "key" : kind,
        scopes: narrowScopes(scopes, bound.scopes),
        ...(limit === undefined ? {} : { limit }),
      };
    },
  };
}

/** Reads back what was sealed; whoever could seal it wrote it right. */
export function toBound(value: JsonObject): BoundPrincipal {
  return value as unknown as BoundPrincipal;
}

function gone(keyId: string, state: string): TrestleError {
  const what =
    state === "revoked"
      ? "was revoked"
      : state === "expired"
        ? "has expired"
        : "is not valid here any more";
  const name = keyId.startsWith("admin-") ? "The admin credential" : `The key ${keyId}`;
  return new TrestleError(
    "denied",
    `${name} that this was begun with ${what}: it cannot go on. Begin it again with a key that holds.`,
    { details: { key: keyId, state, sent: false } },
  );
}
