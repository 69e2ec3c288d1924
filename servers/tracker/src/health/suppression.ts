import { isSilenced, type Silence } from "../alerts/silences.ts";
import type { HealthTarget, Maintenance } from "./config.ts";
import type { TargetState } from "./target-state.ts";

/** Why nobody is told that a target is down. */
export type Suppression =
  | { readonly kind: "dependency"; readonly on: string }
  | { readonly kind: "maintenance"; readonly until: number }
  | { readonly kind: "silence"; readonly until: number; readonly reason?: string };

/** What decides whether somebody is told. */
export interface HealthWorld {
  readonly targets: ReadonlyMap<string, HealthTarget>;
  readonly states: ReadonlyMap<string, TargetState>;
  readonly maintenance: readonly Maintenance[];
  readonly silences: readonly Silence[];
  readonly now: number;
}

/**
 * What a target is blocked by: a target that it depends on, however far, and that is down or was bad in its last
 * check (it may be about to fall); else a planned maintenance, or a silence.
 */
export function suppressionOf(target: HealthTarget, world: HealthWorld): Suppression | undefined {
  const on = brokenNeed(target, world, new Set([target.name]));
  if (on !== undefined) return { kind: "dependency", on };
  const planned = world.maintenance.find(
    ({ from, to, targets }) =>
      Date.parse(from) <= world.now &&
      world.now < Date.parse(to) &&
      (targets === undefined || targets.includes(target.name)),
  );
  if (planned !== undefined) return { kind: "maintenance", until: Date.parse(planned.to) };
  const silence = world.silences.find((each) => isSilenced(each, target.name, world.now));
  if (silence === undefined) return undefined;
  const { until, reason } = silence;
  return { kind: "silence", until, ...(reason !== undefined && { reason }) };
}

/** The cause, not what it brought down on the way. */
function brokenNeed(
  target: HealthTarget,
  world: Pick<HealthWorld, "targets" | "states">,
  seen: Set<string>,
): string | undefined {
  for (const name of target.dependsOn) {
    if (seen.has(name)) continue;
    seen.add(name);
    const need = world.targets.get(name);
    const deeper = need === undefined ? undefined : brokenNeed(need, world, seen);
    if (deeper !== undefined) return deeper;
    const state = world.states.get(name);
    if (state?.status === "down" || state?.last?.level === "down") return name;
  }
  return undefined;
}
