import type { Principal } from "@trestle/protocol";
import { matchesGlob } from "@trestle/protocol";
import type { AccessPolicy } from "./access-policy.ts";

/** Of a principal, what is kept with what it granted: it is looked up in the policy again at each use. */
export type Who = Pick<Principal, "id" | "kind">;

/**
 * The one name of a principal in rules. It begins with its kind: no token whose subject is called
 * `local` or `team:payments` becomes that.
 */
export function principalName({
  id,
  kind,
}: {
  readonly id: string;
  readonly kind: string;
}): string {
  if (kind === "local" || kind === "admin" || kind === "anonymous") return kind;
  return id.startsWith(`${kind}:`) ? id : `${kind}:${id}`;
}

/** All names by which rules and shares may mean a principal: its own, its teams, its roles. */
export function namesOf(policy: AccessPolicy, who: Who): ReadonlySet<string> {
  const own = principalName(who);
  const names = new Set([own]);
  for (const [team, members] of Object.entries(policy.teams)) {
    if (members.some((pattern) => matchesGlob(pattern, own))) names.add(`team:${team}`);
  }
  for (const { role, principals } of policy.bindings) {
    if (isMeant(principals, names)) names.add(`role:${role}`);
  }
  return names;
}

export function isMeant(patterns: readonly string[], names: Iterable<string>): boolean {
  return [...names].some((name) => patterns.some((pattern) => matchesGlob(pattern, name)));
}
