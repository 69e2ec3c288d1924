import { BOUNDS } from "../bounds.ts";
import type { AgentRecord, Spent } from "../model.ts";
import type { JoinSwarm } from "../requests.ts";
import { NO_COST, spend } from "./budget.ts";
import { release } from "./files.ts";
import type { SwarmState } from "./state.ts";
import { hubOf, isActive } from "./topology.ts";
import { refused, type Turn, tooMuch } from "./turn.ts";
import { giveBack } from "./work.ts";

export interface Joining extends JoinSwarm {
  readonly principal: string;
  readonly tokenHash: string;
}

export function join(turn: Turn, joining: Joining): AgentRecord {
  const { state, swarm } = turn;
  if (activeAgents(state) >= swarm.maxAgents) {
    throw tooMuch("maxAgents", `The swarm has ${swarm.maxAgents} agents`, "scale_swarm raises it");
  }
  forgetOne(turn);
  const { name, kind, role, capabilities, parent, weight = 1, principal, tokenHash } = joining;
  if (parent !== undefined && !isActive(turn.agent(parent))) {
    throw refused("conflict", `The parent ${parent} is not there any more`);
  }
  const above = parent ?? (role === "coordinator" ? undefined : hubOf(state));
  const place = turn.next();
  const id = `a${place}`;
  const agent: AgentRecord = {
    id,
    name: name ?? id,
    kind,
    role,
    capabilities,
    ...(above === undefined ? {} : { parent: above }),
    weight,
    principal,
    tokenHash,
    status: "active",
    beat: 0,
    place,
    joinedAt: turn.at.wall,
    spent: NO_COST,
    begun: 0,
    done: 0,
    failed: 0,
  };
  turn.put("agent", id, agent);
  turn.tell({ kind: "agent.joined", agent: id });
  return agent;
}

/** Gives back all that it has in work. */
export function leave(turn: Turn, agent: AgentRecord): string[] {
  const released = [...(turn.state.held.get(agent.id) ?? [])];
  for (const id of released) giveBack(turn, id);
  release(turn, agent, {});
  turn.put("agent", agent.id, { ...turn.agent(agent.id), status: "left" });
  turn.tell({ kind: "agent.left", agent: agent.id, count: released.length });
  return released;
}

/** A sign of life, for the agent and for all that it holds. */
export function heartbeat(turn: Turn, agent: AgentRecord, spent: Spent = {}): void {
  spend(turn, spent, { agent: agent.id });
  const now = turn.agent(agent.id);
  if (now.status === "gone") turn.tell({ kind: "agent.returned", agent: agent.id });
  turn.put("agent", agent.id, { ...now, status: "active", beat: now.beat + 1 });
}

/** The agent whose token this is. Nobody acts for another. */
export function agentOf(state: SwarmState, tokenHash: string, principal: string): AgentRecord {
  const agent = state.records.agent.get(state.agentsByToken.get(tokenHash) ?? "");
  if (agent === undefined || agent.principal !== principal) {
    throw refused(
      "denied",
      "agent_token is of no agent of this swarm and caller; join_swarm gives one",
    );
  }
  if (agent.status === "left") {
    throw refused("denied", `${agent.id} has left the swarm; join_swarm again`);
  }
  return agent;
}

export function activeAgents({ records }: SwarmState): number {
  let count = 0;
  for (const agent of records.agent.values()) if (isActive(agent)) count += 1;
  return count;
}

/** What agents did stays in their tasks: of those that left, and hold nothing, the first makes room. */
function forgetOne(turn: Turn): void {
  const { agent: agents } = turn.state.records;
  if (agents.size < BOUNDS.agents) return;
  for (const { id, status } of agents.values()) {
    if (status === "active" || turn.state.held.has(id)) continue;
    turn.remove("agent", id);
    turn.state.unread.delete(id);
    return;
  }
  throw tooMuch("agents", `The swarm has ${BOUNDS.agents} agents`, "Make another swarm");
}
