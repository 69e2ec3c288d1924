import type { AgentRecord, TaskRecord } from "../model.ts";
import { countBusy, heldMs, spend } from "./budget.ts";
import { releaseOfTask, reserveForTask } from "./files.ts";
import { graceOf } from "./signs.ts";
import { refused, type Turn } from "./turn.ts";

/** Gives a task to an agent: from now on whoever had it before has lost it. */
export function startLease(
  turn: Turn,
  task: TaskRecord,
  agent: AgentRecord,
  ttlMs: number,
): TaskRecord {
  const fence = turn.swarm.fence + 1;
  turn.update({ fence });
  const claimed: TaskRecord = {
    ...task,
    status: "claimed",
    attempts: task.attempts + 1,
    startedAt: task.startedAt ?? turn.at.wall,
    doer: agent.id,
    lease: { agent: agent.id, fence, beat: 0, ttlMs, since: turn.at.wall },
  };
  turn.put("task", task.id, claimed);
  turn.put("agent", agent.id, { ...agent, begun: agent.begun + 1 });
  reserveForTask(turn, claimed);
  countBusy(turn);
  turn.tell({ kind: "task.claimed", task: task.id, agent: agent.id, fence });
  return claimed;
}

/** Takes the lease off, counts the time and frees the files. What becomes of the task the caller says. */
export function endLease(turn: Turn, task: TaskRecord): TaskRecord {
  const { lease } = task;
  if (lease === undefined) return task;
  if (turn.state.records.agent.has(lease.agent)) {
    spend(turn, { ms: heldMs(task, turn.at.wall) }, { agent: lease.agent, task: task.id });
  }
  const { lease: _, ...rest } = turn.task(task.id);
  releaseOfTask(turn, task.id);
  return rest;
}

/** Of a task that is in work by this agent under this fence; throws `conflict` where it is not any more. */
export function leased(turn: Turn, agent: AgentRecord, taskId: string, fence: number): TaskRecord {
  const task = turn.task(taskId);
  if (task.lease?.agent === agent.id && task.lease.fence === fence) return task;
  if (task.lease?.agent === agent.id) {
    throw refused(
      "conflict",
      `You hold ${taskId} under fence ${task.lease.fence}, not ${fence}: give the fence of your last claim_task of it`,
    );
  }
  const why = task.reason === undefined ? "" : ` (${task.reason})`;
  const now =
    task.lease === undefined
      ? `it is ${task.status}${why}`
      : `${task.lease.agent} has it since under fence ${task.lease.fence}`;
  throw refused(
    "conflict",
    `You do not hold ${taskId} under fence ${fence} any more: ${now}. Drop your work on it, and claim_task another`,
  );
}

/** When the time is over for which one agent may have a task, on this process' own clock. */
export function overdueAt({ state }: Pick<Turn, "state">, { id, maxMs }: TaskRecord): number {
  const since = state.seen.get(`held ${id}`)?.tick;
  return since === undefined || maxMs === undefined ? Number.POSITIVE_INFINITY : since + maxMs;
}

/** When the lease lapses, on this process' own clock. */
export function lapseOf({ state }: Pick<Turn, "state">, { id, lease }: TaskRecord): number {
  if (lease === undefined) return Number.POSITIVE_INFINITY;
  const signs = [state.seen.get(`lease ${id}`)?.tick, state.seen.get(`agent ${lease.agent}`)?.tick];
  return Math.max(...signs.map((tick) => tick ?? 0)) + lease.ttlMs + graceOf(state);
}
