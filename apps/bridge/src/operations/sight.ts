import type { Principal } from "@trestle/protocol";

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
