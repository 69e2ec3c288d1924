import type { AgentRecord, TaskRecord } from "../model.ts";
import { usedUp, wallMsOf } from "./budget.ts";
import { settle, votesDue } from "./ends.ts";
import { endOf } from "./files.ts";
import { lapseOf, overdueAt } from "./leases.ts";
import { graceOf } from "./signs.ts";
import { type SwarmState, swarmOf } from "./state.ts";
import { isActive } from "./topology.ts";
import type { Turn } from "./turn.ts";
import { giveBack, lose } from "./work.ts";

/** Does all that is due: lapsed leases are lost, silent agents gone, votes closed, what is over budget stopped. */
export function sweep(turn: Turn): void {
  const { state, at } = turn;
  for (const id of [...state.claimed]) {
    const task = state.records.task.get(id);
    if (task === undefined) continue;
    if (overdueAt(turn, task) <= at.tick) {
      endOverdue(turn, task);
      continue;
    }
    if (lapseOf(turn, task) > at.tick) continue;
    turn.tell({ kind: "task.lapsed", task: id, agent: task.lease?.agent ?? "" });
    lose(turn, id, `${task.lease?.agent} gave no sign of life`, true);
  }
  for (const agent of [...state.records.agent.values()]) {
    if (!isActive(agent) || silentAt(state, agent) > at.tick) continue;
    turn.put("agent", agent.id, { ...agent, status: "gone" });
    turn.tell({ kind: "agent.gone", agent: agent.id });
  }
  for (const reservation of [...state.records.reservation.values()]) {
    if (reservation.task !== undefined || endOf(state, reservation) > at.tick) continue;
    turn.remove("reservation", reservation.id);
    turn.tell({ kind: "files.lapsed", agent: reservation.agent, count: reservation.paths.length });
  }
  for (const id of [...state.voting]) {
    const task = state.records.task.get(id);
    if (task !== undefined && votesDue(turn, task) <= at.tick) settle(turn, id);
  }
  checkSpent(turn);
}

/** An agent that gives signs of life, and does not end. It is told so when it comes with its fence. */
function endOverdue(turn: Turn, { id, lease, maxMs = 0 }: TaskRecord): void {
  const agent = lease?.agent ?? "";
  turn.tell({ kind: "task.overdue", task: id, agent });
  const why = `${agent} had it in work for the ${maxMs / 1_000} s that it may be (maxSeconds)`;
  lose(turn, id, why, true);
}

/** When `sweep` has something to do if nobody does anything; infinite where nothing can lapse. */
export function nextDue(state: SwarmState, { wall, tick }: { wall: number; tick: number }): number {
  let due = Number.POSITIVE_INFINITY;
  for (const id of state.claimed) {
    const task = state.records.task.get(id);
    if (task === undefined) continue;
    due = Math.min(due, lapseOf({ state }, task), overdueAt({ state }, task));
  }
  for (const agent of state.records.agent.values()) {
    if (isActive(agent)) due = Math.min(due, silentAt(state, agent));
  }
  for (const reservation of state.records.reservation.values()) {
    if (reservation.task === undefined) due = Math.min(due, endOf(state, reservation));
  }
  for (const id of state.voting) {
    const task = state.records.task.get(id);
    if (task !== undefined) due = Math.min(due, votesDue({ state }, task));
  }
  const swarm = swarmOf(state);
  if (
    swarm.status === "active" &&
    swarm.busySince !== undefined &&
    swarm.budget.wallMs !== undefined
  ) {
    due = Math.min(due, tick + Math.max(0, swarm.budget.wallMs - wallMsOf(swarm, wall)));
  }
  return due;
}

function silentAt(state: SwarmState, { id }: AgentRecord): number {
  return (state.seen.get(`agent ${id}`)?.tick ?? 0) + swarmOf(state).leaseMs + graceOf(state);
}

/** A budget that is used up stops everything at once: leases end, and late results come under an old fence. */
export function checkSpent(turn: Turn): void {
  const { swarm, at } = turn;
  const what = usedUp(swarm, at.wall);
  if (swarm.status === "exhausted") {
    if (what !== undefined) return;
    turn.update({ status: "active" });
    turn.tell({ kind: "swarm.goes_on" });
    return;
  }
  if (what === undefined) return;
  turn.update({ status: "exhausted" });
  turn.tell({ kind: "swarm.exhausted", reason: what });
  for (const id of [...turn.state.claimed]) giveBack(turn, id);
}
