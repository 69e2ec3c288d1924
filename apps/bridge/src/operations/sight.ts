import { type Principal, TrestleError } from "@trestle/protocol";
import type { Core } from "../core.ts";

/** Only the person of this machine, and whoever runs the bridge, see what others did; not work in their name. */
export function seesEverything({ kind, scopes }: Principal): boolean {
  return scopes === undefined && (kind === "local" || kind === "admin");
}

/** May the caller see this, which was done for a principal? */
export function isVisible<Kept extends { readonly principal: string }>(
  kept: Kept | undefined,
  caller: Principal,
): kept is Kept {
  return kept !== undefined && (kept.principal === caller.id || seesEverything(caller));
}

/** The principal whose rows may be shown: the one asked for, or the caller itself where it sees nothing else. */
export function visiblePrincipal(
  caller: Principal,
  asked: string | undefined,
): { readonly principal?: string } {
  if (!seesEverything(caller)) return { principal: caller.id };
  return asked === undefined ? {} : { principal: asked };
}

/** What an operation tells, or does, that is not for everybody. */
export interface Asked {
  readonly operation: string;
  readonly principal: Principal;
  /** For whoever is refused. */
  readonly message: string;
}

/** Throws `denied` for who does not see everything. */
export function refuseOthers(asked: Asked, core: Pick<Core, "access">): void {
  if (!seesEverything(asked.principal)) throw refused(asked, core);
}

/** The refusal, which is on record. */
export function refused(
  { operation, principal, message }: Asked,
  { access }: Pick<Core, "access">,
): TrestleError {
  access.audit.refused({ event: "operation_refused", operation, principal: principal.id });
  return new TrestleError("denied", message);
}
