import { type NewSwarm, newSwarm } from "../create-swarm.ts";
import type { AgentRecord, TaskRecord } from "../model.ts";
import type { CreateSwarm } from "../requests.ts";
import { type Joining, join } from "./agents.ts";
import { applyChange, createSwarmState } from "./state.ts";
import { type Turn, takeTurn } from "./turn.ts";
import { claim } from "./work.ts";

const WALL = Date.UTC(2026, 0, 1);

/** A swarm in memory alone, on clocks that stand still, and whatever is decided about it. */
export function openState(facts: Partial<CreateSwarm> = {}) {
  const state = createSwarmState();
  const request: CreateSwarm = {
    ...{ topology: "mesh", strategy: "parallel", maxAgents: 64, budget: {}, leaseMs: 60_000 },
    ...facts,
  };
  const own: NewSwarm = { id: "sw1", owner: "local", createdAt: WALL, joinKeyHash: "" };
  applyChange(state, { kind: "swarm", id: "", record: newSwarm(request, own) }, 0);
  const at = { wall: WALL, tick: 0 };

  function decide<Answer>(what: (turn: Turn) => Answer): Answer {
    return takeTurn(state, at, what).answer;
  }
  let agents = 0;
  return {
    state,
    at,
    decide,
    join(given: Partial<Joining> = {}): AgentRecord {
      agents += 1;
      const token = { principal: "local", tokenHash: `token ${agents}` };
      const plain = { kind: "external", role: "worker", capabilities: [] } as const;
      return decide((turn) => join(turn, { ...plain, ...token, ...given }));
    },
    /** What the agent is given; there has to be something. */
    claim(agent: AgentRecord, task?: string): TaskRecord & { readonly fence: number } {
      const given = decide((turn) => claim(turn, agent, task === undefined ? {} : { task }));
      if ("why" in given) throw new Error(given.why);
      return { ...given, fence: given.lease?.fence ?? 0 };
    },
    task(id: string): TaskRecord {
      return decide((turn) => turn.task(id));
    },
    /** As full as it may be, of something that takes no part. */
    fill<Kind extends "task" | "agent" | "reservation" | "memory" | "message">(
      kind: Kind,
      count: number,
      record: (at: number) => object,
    ): void {
      const records = state.records[kind] as Map<string, object>;
      for (let each = 0; each < count; each += 1) records.set(`filler ${each}`, record(each));
    },
  };
}
