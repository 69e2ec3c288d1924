import { type AgentRecord, OWNER, type TaskRecord } from "../model.ts";
import { affords } from "./budget.ts";
import { conflictsWith, filesHeld } from "./files.ts";
import type { Moment } from "./moment.ts";
import { isAsking } from "./signs.ts";
import { type SwarmState, swarmOf } from "./state.ts";
import { isActive, reaches } from "./topology.ts";

/** A task for the agent by the strategy of the swarm, or why there is none. */
export function pickTask(
  state: SwarmState,
  agent: AgentRecord,
  at: Moment,
): TaskRecord | { readonly why: string } {
  if (state.ready.size === 0) return { why: "No task is ready" };
  const held = holdBack(state, agent, at);
  if (held !== undefined) return { why: held };
  let why = "No ready task is for this agent";
  for (const id of state.ready) {
    const task = state.records.task.get(id);
    if (task === undefined) continue;
    const against = whyNotFor(state, task, agent);
    if (against === undefined) return task;
    why = `${id}: ${against}`;
  }
  return { why };
}

/** Why the agent may not have this ready task, whatever the strategy. */
export function whyNotFor(
  state: SwarmState,
  task: TaskRecord,
  agent: AgentRecord,
): string | undefined {
  if (task.to !== undefined && task.to !== agent.id && isThere(state, task.to)) {
    return `it is for ${task.to}`;
  }
  const missing = task.capabilities.find((each) => !agent.capabilities.includes(each));
  if (missing !== undefined) return `it needs the capability "${missing}"`;
  if (task.to !== agent.id && !mayGet(state, task.by, agent.id)) {
    return `in this topology ${task.by} gives no work to ${agent.id}`;
  }
  if (didCopy(state, task, agent)) return "you had another copy of it; others have to do this one";
  const conflicts = conflictsWith(state, { paths: task.files, mode: "exclusive", agent: agent.id });
  return conflicts.length > 0 ? filesHeld(conflicts) : undefined;
}

/** The work of somebody who is gone is the owner's. */
function mayGet(state: SwarmState, by: string, agent: string): boolean {
  if (by === agent) return true;
  return reaches(state, by === OWNER || isThere(state, by) ? by : OWNER, agent);
}

function isThere({ records }: SwarmState, agent: string): boolean {
  const found = records.agent.get(agent);
  return found !== undefined && isActive(found);
}

function didCopy({ records }: SwarmState, { id, parent }: TaskRecord, agent: AgentRecord): boolean {
  const whole = parent === undefined ? undefined : records.task.get(parent);
  if (whole?.copies !== true) return false;
  return (whole.parts ?? []).some(
    (each) => each !== id && records.task.get(each)?.doer === agent.id,
  );
}

/** Why the strategy gives this agent nothing now, whatever is ready. */
function holdBack(state: SwarmState, agent: AgentRecord, at: Moment): string | undefined {
  const swarm = swarmOf(state);
  const inWork = state.claimed.size;
  if (swarm.strategy === "sequential") {
    return inWork > 0 ? "One task at a time in this swarm, and one is in work" : undefined;
  }
  if (swarm.strategy === "adaptive") {
    if (inWork >= Math.floor(swarm.limit))
      return `${inWork} tasks are in work, as many as go well now`;
    return affords(state, swarm, at.wall)
      ? undefined
      : "What is left of the budget is not enough for one more";
  }
  if (swarm.strategy === "balanced" && agent.begun >= shareOf(state, at)) {
    return `This agent has begun its share of ${agent.begun}; the others are to have the rest`;
  }
  return undefined;
}

function shareOf(state: SwarmState, { tick }: Moment): number {
  let asking = 0;
  let begun = 0;
  for (const agent of state.records.agent.values()) {
    if (!isActive(agent) || !isAsking(state, agent.id, tick)) continue;
    asking += 1;
    begun += agent.begun;
  }
  return asking === 0 ? Number.POSITIVE_INFINITY : Math.ceil((begun + state.ready.size) / asking);
}

/** How many at once the strategy `adaptive` allows after a success, or after a failure. */
export function adapted(limit: number, wentWell: boolean, maxAgents: number): number {
  return wentWell ? Math.min(maxAgents, limit + 1 / limit) : Math.max(1, limit / 2);
}
