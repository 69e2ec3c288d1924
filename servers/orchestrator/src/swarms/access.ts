import { createHash, timingSafeEqual } from "node:crypto";
import { type Principal, TrestleError } from "@trestle/protocol";
import { agentOf } from "./core/agents.ts";
import { storedEvery } from "./core/signs.ts";
import { type SwarmState, swarmOf } from "./core/state.ts";
import type { Turn } from "./core/turn.ts";
import { type AgentRecord, OWNER } from "./model.ts";
import { noSwarm } from "./refusals.ts";
import type { Who } from "./swarms.ts";

/** `ag_<swarm>_<secret>`: it says which swarm it is for, and nothing else. */
export function toAgentToken(swarm: string, secret: string): string {
  return `ag_${swarm}_${secret}`;
}

/** The swarm that a token is for; throws `denied` for what is none. */
export function swarmOfToken(token: string): string {
  const [, swarm] = /^ag_(sw[0-9a-f]+)_[\w-]{20,}$/.exec(token) ?? [];
  if (swarm !== undefined) return swarm;
  throw new TrestleError(
    "denied",
    "This is no agent_token: give the one that join_swarm answered, whole",
  );
}

export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

export function isOwner(state: SwarmState, principal: Principal): boolean {
  return seesAll(principal) || swarmOf(state).owner === principal.id;
}

export function seesAll({ kind }: Principal): boolean {
  return kind === "local" || kind === "admin";
}

export function mayJoin(
  state: SwarmState,
  principal: Principal,
  joinKey: string | undefined,
): boolean {
  if (isOwner(state, principal)) return true;
  if (joinKey === undefined) return false;
  const given = Buffer.from(hashOf(joinKey));
  return timingSafeEqual(given, Buffer.from(swarmOf(state).joinKeyHash));
}

/** Others' swarms are to a caller as if they were not there. */
export function checkOwner(state: SwarmState, { principal, agentToken }: Who): void {
  if (agentToken !== undefined) {
    asAgent({ state }, { principal, agentToken });
    throw new TrestleError(
      "denied",
      "Only the owner of the swarm may do that, without an agent_token",
    );
  }
  if (!isOwner(state, principal)) throw noSwarm(swarmOf(state).id);
}

export function asAgent(
  { state }: Pick<Turn, "state">,
  { principal, agentToken = "" }: Who,
): AgentRecord {
  return agentOf(state, hashOf(agentToken), principal.id);
}

/** The agent that asks, and the sign of life that its asking is. */
export function acting(turn: Turn, who: Who): AgentRecord {
  const agent = asAgent(turn, who);
  touch(turn, agent);
  return turn.agent(agent.id);
}

/** Either the agent whose token it is, or the owner. */
export function party(turn: Turn, who: Who): string {
  if (who.agentToken !== undefined) return acting(turn, who).id;
  checkOwner(turn.state, who);
  return OWNER;
}

/** For those that look: an agent of the swarm, or the owner. */
export function checkMember(state: SwarmState, who: Who): void {
  if (who.agentToken !== undefined) asAgent({ state }, who);
  else if (!isOwner(state, who.principal)) throw noSwarm(swarmOf(state).id);
}

/** What we see ourselves counts at once; where others watch as well it is stored, so often that they need not wait. */
function touch(turn: Turn, agent: AgentRecord): void {
  const name = `agent ${agent.id}`;
  const sign = turn.state.seen.get(name);
  if (agent.status === "gone" || turn.at.tick - (sign?.since ?? 0) > storedEvery(turn.state)) {
    if (agent.status === "gone") turn.tell({ kind: "agent.returned", agent: agent.id });
    turn.put("agent", agent.id, { ...agent, status: "active", beat: agent.beat + 1 });
  } else if (sign !== undefined) {
    turn.state.seen.set(name, { ...sign, tick: turn.at.tick });
  }
}
