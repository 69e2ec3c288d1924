import { type KeyStore, narrowScopes } from "@trestle/access";
import { type JsonObject, LOCAL_PRINCIPAL, type Principal, TrestleError } from "@trestle/protocol";
import type { Settled } from "./access.ts";
import { ADMIN_ID } from "./rules.ts";

/** A principal and the credential it rests on, as they are kept for later. To be sealed. */
export interface BoundPrincipal {
  readonly id: string;
  /** `local`, the id of a key, or the name of the admin credential as it was then. */
  readonly keyId: string;
  /** Absent: everything that the principal may do. */
  readonly scopes?: readonly string[];
}

export interface Binding {
  bind(principal: Principal): BoundPrincipal;
  check(bound: BoundPrincipal): Principal;
  isKnown(id: string): boolean;
}

export interface BindingParts {
  readonly current: () => Settled;
  readonly keys: KeyStore;
}

const KEY_PREFIX = "key:";

/** Ties a principal to its credential, and finds out later whether that still holds. */
export function createBinding({ current, keys }: BindingParts): Binding {
  /** The principal behind a credential as it is now. */
  function find({ keyId }: BoundPrincipal): Principal {
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
      // Only keys come and go.
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
      return { id, keyId, ...(scopes === undefined ? {} : { scopes }) };
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
