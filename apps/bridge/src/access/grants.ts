import { narrowScopes, type Sealer } from "@trestle/access";
import {
  type Clock,
  canonicalJson,
  type Grant,
  type JsonObject,
  messageOf,
  type Principal,
  TrestleError,
} from "@trestle/protocol";
import type { Audit } from "./audit.ts";
import { type Binding, toBound } from "./binding.ts";

/** Storable permissions of mounted servers to go on in a caller's name. */
export interface Grants {
  /**
   * Seals what the principal may do of `scopes`, for this server and no other. Throws `invalid_input` for
   * a scope without the form, `denied` where the principal has nothing of what is asked.
   */
  seal(server: string, principal: Principal, scopes: readonly string[]): Grant;
  /** The grant's principal with its scopes, if its key still holds. Throws `denied`. */
  open(server: string, grant: Grant): Principal;
}

export interface GrantParts {
  readonly binding: Binding;
  readonly sealer: Sealer;
  /** Is told why what a server brought back does not hold. */
  readonly audit: Pick<Audit, "refused">;
  readonly clock: Clock;
}

export function createGrants({ binding, sealer, audit, clock }: GrantParts): Grants {
  function holder(server: string, { token, scopes, principal }: Grant): Principal {
    const bound = toBound(sealer.open(token, { context: contextOf(server) }) as JsonObject);
    const said = canonicalJson([principal.id, [...scopes]]);
    if (said !== canonicalJson([bound.id, [...(bound.scopes ?? [])]])) throw changed();
    return binding.check(bound);
  }

  return {
    seal(server, { id, kind, scopes: own }, asked) {
      const scopes = narrowScopes(own, asked);
      if (scopes.length === 0 && asked.length > 0) throw nothingLeft(id, own, asked);
      const bound = binding.bind({ id, kind, scopes });
      const sealed = { ...bound, issuedAt: clock.now() } as unknown as JsonObject;
      const token = sealer.seal(sealed, { context: contextOf(server) });
      return { principal: { id, kind }, scopes, token };
    },
    open(server, grant) {
      try {
        return holder(server, grant);
      } catch (error) {
        const reason = `grant: ${messageOf(error)}`;
        audit.refused({ event: "credential_refused", server, reason });
        throw error;
      }
    },
  };
}

function contextOf(server: string): string {
  return `grant for ${server}`;
}

function nothingLeft(
  id: string,
  own: readonly string[] | undefined,
  asked: readonly string[],
): TrestleError {
  return new TrestleError(
    "denied",
    `"${id}" cannot hand on ${asked.join(", ")}: it may only use ${own?.join(", ") || "nothing"}.`,
    { details: { scopes: [...(own ?? [])] } },
  );
}

function changed(): TrestleError {
  return new TrestleError(
    "denied",
    "This grant is not as it was made. Bring it back unchanged, or ask for a new one.",
  );
}
