import type { Moment } from "./moment.ts";
import { type SwarmState, swarmOf } from "./state.ts";

/**
 * How many of the crew shall run now, and when to ask again if nothing happens. More are wanted at once; fewer only
 * when fewer have been enough for the cooldown.
 */
export function wantedAgents(
  state: SwarmState,
  running: number,
  at: Moment,
): { readonly wanted: number; readonly again?: number } {
  const { autoScale, target, maxAgents, status } = swarmOf(state);
  if (status === "exhausted") return { wanted: 0 };
  if (autoScale === undefined) return { wanted: Math.min(target, maxAgents) };
  const { min, max, tasksPerAgent, cooldownMs } = autoScale;
  const open = state.ready.size + state.claimed.size;
  const wanted = Math.min(max, maxAgents, Math.max(min, Math.ceil(open / tasksPerAgent)));
  if (wanted >= running) {
    state.fewerSince = undefined;
    return { wanted };
  }
  state.fewerSince ??= at.tick;
  const again = state.fewerSince + cooldownMs;
  return at.tick >= again ? { wanted } : { wanted: running, again };
}
