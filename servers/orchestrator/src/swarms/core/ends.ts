import type { JsonValue } from "@trestle/protocol";
import { ENDED, type TaskRecord } from "../model.ts";
import { aggregate } from "./aggregate.ts";
import { countBusy } from "./budget.ts";
import { endLease } from "./leases.ts";
import type { Turn } from "./turn.ts";

export type End =
  | { readonly status: "succeeded"; readonly result: JsonValue }
  | { readonly status: "failed" | "cancelled"; readonly reason: string };

/** Ends a task, and all that follows: what waits for it is ready or cancelled, what it is a part of may end as well. */
export function endTask(turn: Turn, id: string, end: End): void {
  follow(turn, [{ id, end }]);
}

/** Looks again at a task that waits for others, or for its parts. */
export function settle(turn: Turn, id: string): void {
  const end = endOf(turn, id);
  if (end !== undefined) endTask(turn, id, end);
}

/** A list, not recursion: a chain of a hundred thousand tasks may be cancelled at once. */
function follow(turn: Turn, first: readonly { readonly id: string; readonly end: End }[]): void {
  const work = [...first];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const task = turn.task(next.id);
    if (ENDED.has(task.status)) continue;
    const ended = write(turn, task, next.end);
    for (const part of ended.parts ?? []) {
      work.push({
        id: part,
        end: { status: "cancelled", reason: `${ended.id} is ${ended.status} without it` },
      });
    }
    for (const id of [
      ...(turn.state.dependents.get(ended.id) ?? []),
      ...(ended.parent ? [ended.parent] : []),
    ]) {
      const end = endOf(turn, id);
      if (end !== undefined) work.push({ id, end });
    }
  }
  countBusy(turn);
}

function write(turn: Turn, task: TaskRecord, end: End): TaskRecord {
  const { votesSince: _, ...free } = endLease(turn, task);
  const ended: TaskRecord = { ...free, ...end, endedAt: turn.at.wall };
  turn.put("task", task.id, ended);
  turn.tell({
    kind: `task.${end.status}`,
    task: task.id,
    ...(task.doer === undefined ? {} : { agent: task.doer }),
    ...(end.status === "succeeded" ? {} : { reason: end.reason }),
  });
  return ended;
}

/** Has a task that waits ended by what it waits for? If it may begin, that is noted. */
function endOf(turn: Turn, id: string): End | undefined {
  const task = turn.task(id);
  if (task.status === "waiting") return released(turn, task);
  if (task.status !== "split" || task.parts === undefined) return undefined;
  const verdict = aggregate({
    whole: task,
    parts: task.parts.map((part) => ({
      task: turn.task(part),
      votes: [...(turn.state.votes.get(part)?.values() ?? [])],
    })),
    weightOf: (agent) => turn.state.records.agent.get(agent)?.weight ?? 1,
    isTimeUp: isTimeUp(turn, task),
  });
  if (verdict.kind === "voting" && task.votesSince === undefined) {
    turn.put("task", id, { ...task, votesSince: turn.at.wall });
    turn.tell({ kind: "task.voting", task: id });
  }
  if (verdict.kind === "succeeded") return { status: "succeeded", result: verdict.result };
  return verdict.kind === "failed" ? { status: "failed", reason: verdict.reason } : undefined;
}

function released(turn: Turn, task: TaskRecord): End | undefined {
  const all = task.dependsOn.map((id) => turn.task(id));
  const lost = all.find(({ status }) => status === "failed" || status === "cancelled");
  if (lost !== undefined) {
    return { status: "cancelled", reason: `${lost.id}, which it depends on, is ${lost.status}` };
  }
  if (all.some(({ status }) => status !== "succeeded")) return undefined;
  turn.put("task", task.id, { ...task, status: "ready" });
  turn.tell({ kind: "task.ready", task: task.id });
  return undefined;
}

/** How long votes are waited for, by this process' own clock. */
export function votesDue({ state }: Pick<Turn, "state">, { id, voteMs = 0 }: TaskRecord): number {
  return (state.seen.get(`voting ${id}`)?.tick ?? Number.POSITIVE_INFINITY) + voteMs;
}

function isTimeUp(turn: Turn, task: TaskRecord): boolean {
  return task.votesSince !== undefined && turn.at.tick >= votesDue(turn, task);
}
