import { type SwarmState, swarmOf } from "./state.ts";

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
