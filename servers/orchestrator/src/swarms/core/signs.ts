import { type SwarmState, swarmOf } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Of the time for which an agent may be silent. */
const SHARE = 8;

/** How old a stored sign of life may get while newer ones are seen; where nobody else watches, none has to be stored. */
export function storedEvery(state: SwarmState): number {
  return state.isShared ? swarmOf(state).leaseMs / SHARE : Number.POSITIVE_INFINITY;
}

/** How much longer than an agent is silence has to be seen: another process may have heard it, and not stored that yet. */
export function graceOf(state: SwarmState): number {
  return state.isShared ? swarmOf(state).leaseMs / SHARE : 0;
}

/** An agent asks for work: seen here, and stored so often that others see it in time, where that matters. */
export function noteAsking({ state, swarm, at, agent, put }: Turn, id: string): void {
  if (swarm.strategy !== "balanced") return;
  const name = `asks ${id}`;
  const { of = "", since = Number.NEGATIVE_INFINITY } = state.seen.get(name) ?? {};
  if (at.tick - since > storedEvery(state)) {
    const asking = agent(id);
    put("agent", id, { ...asking, asks: (asking.asks ?? 0) + 1 });
  } else state.seen.set(name, { of, since, tick: at.tick });
}

/** Has it asked for work of late? */
export function isAsking(state: SwarmState, id: string, tick: number): boolean {
  const asked = state.seen.get(`asks ${id}`)?.tick;
  return asked !== undefined && tick - asked <= swarmOf(state).leaseMs + graceOf(state);
}
