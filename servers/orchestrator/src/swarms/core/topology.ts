import { type AgentRecord, OWNER } from "../model.ts";
import { type SwarmState, swarmOf } from "./state.ts";

/** Either an agent's id, or `owner`. */
type Party = string;

/** May `from` message `to`, and give it work? By the rules of `Topology`. */
export function reaches(state: SwarmState, from: Party, to: Party): boolean {
  if (from === to) return false;
  const { topology } = swarmOf(state);
  if (topology === "mesh") return true;
  if (topology === "ring") return from === OWNER || to === OWNER || nextInRing(state, from) === to;
  const aboveFrom = from === OWNER ? undefined : aboveOf(state, from);
  const aboveTo = to === OWNER ? undefined : aboveOf(state, to);
  if (from === OWNER) return aboveTo === OWNER;
  if (to === OWNER) return aboveFrom === OWNER;
  return aboveFrom === to || aboveTo === from;
}

/** All active agents, and the owner, that `from` reaches. */
export function reachedBy(state: SwarmState, from: Party): Party[] {
  const agents = [...state.records.agent.values()].filter(isActive).map(({ id }) => id);
  return [OWNER, ...agents].filter((to) => reaches(state, from, to));
}

/** A sentence for whoever may not. */
export function whyNot(state: SwarmState, from: Party, to: Party): string {
  const whom = reachedBy(state, from);
  const { topology } = swarmOf(state);
  const reached = whom.length === 0 ? "nobody" : whom.slice(0, 8).join(", ");
  return `In this ${topology} swarm ${from} does not reach ${to}; it reaches ${reached}`;
}

/** Who is above an agent: its parent or the hub while that one is active, else the owner. */
function aboveOf(state: SwarmState, id: string): Party {
  const agent = state.records.agent.get(id);
  if (agent === undefined) return OWNER;
  const hub = hubOf(state);
  if (swarmOf(state).topology === "star") return hub === undefined || hub === id ? OWNER : hub;
  const parent = agent.parent === undefined ? undefined : state.records.agent.get(agent.parent);
  return parent !== undefined && isActive(parent) ? parent.id : OWNER;
}

/** The coordinator that joined first, of those that are active. */
export function hubOf(state: SwarmState): string | undefined {
  let hub: AgentRecord | undefined;
  for (const agent of state.records.agent.values()) {
    if (agent.role !== "coordinator" || !isActive(agent)) continue;
    if (hub === undefined || agent.place < hub.place) hub = agent;
  }
  return hub?.id;
}

function nextInRing(state: SwarmState, from: string): string | undefined {
  const place = state.records.agent.get(from)?.place ?? 0;
  let first: AgentRecord | undefined;
  let next: AgentRecord | undefined;
  for (const agent of state.records.agent.values()) {
    if (!isActive(agent) || agent.id === from) continue;
    if (first === undefined || agent.place < first.place) first = agent;
    if (agent.place > place && (next === undefined || agent.place < next.place)) next = agent;
  }
  return (next ?? first)?.id;
}

export function isActive({ status }: AgentRecord): boolean {
  return status === "active";
}
