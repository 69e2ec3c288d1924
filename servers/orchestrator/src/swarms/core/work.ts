import type { JsonValue } from "@trestle/protocol";
import { BOUNDS } from "../bounds.ts";
import { type AgentRecord, ENDED, OWNER, type Spent, type TaskRecord } from "../model.ts";
import type { ClaimTask, CompleteTask, FailTask, HandoffTask } from "../requests.ts";
import { checkBudget, countBusy, spend } from "./budget.ts";
import { adapted, pickTask, whyNotFor } from "./dispatch.ts";
import { endTask, settle } from "./ends.ts";
import { endLease, leased, startLease } from "./leases.ts";
import { noteAsking } from "./signs.ts";
import { isActive, reaches, whyNot } from "./topology.ts";
import { refused, type Turn } from "./turn.ts";

/** Gives the agent a task, or says why not. */
export function claim(
  turn: Turn,
  agent: AgentRecord,
  { task: wanted, leaseMs = turn.swarm.leaseMs }: ClaimTask,
): TaskRecord | { readonly why: string } {
  checkBudget(turn);
  noteAsking(turn, agent.id);
  const picked =
    wanted === undefined ? pickTask(turn.state, agent, turn.at) : named(turn, agent, wanted);
  return "why" in picked ? picked : startLease(turn, picked, turn.agent(agent.id), leaseMs);
}

function named(turn: Turn, agent: AgentRecord, id: string): TaskRecord | { readonly why: string } {
  const task = turn.task(id);
  if (task.status !== "ready") {
    const holder = task.lease === undefined ? "" : ` by ${task.lease.agent}`;
    return { why: `${id} is ${task.status}${holder}` };
  }
  const against = whyNotFor(turn.state, task, agent);
  if (against !== undefined) return { why: `${id}: ${against}` };
  // The strategy says how many may be in work, whichever is asked for.
  const any = pickTask(turn.state, agent, turn.at);
  return "why" in any ? any : task;
}

export function renew(
  turn: Turn,
  agent: AgentRecord,
  id: string,
  fence: number,
  spent: Spent = {},
): TaskRecord {
  const task = leased(turn, agent, id, fence);
  spend(turn, spent, { agent: agent.id, task: id });
  const { lease = task.lease, ...rest } = turn.task(id);
  if (lease === undefined) return task;
  const renewed = { ...rest, lease: { ...lease, beat: lease.beat + 1 } };
  turn.put("task", id, renewed);
  return renewed;
}

/** Hands a result in. It stands, or is checked first; a check is run by whoever sees `task.checking`. */
export function complete(turn: Turn, agent: AgentRecord, request: CompleteTask): TaskRecord {
  const { task: id, fence, result, spent = {} } = request;
  const before = turn.task(id);
  // Handed in before, by a call whose answer was lost.
  if (before.handedIn === fence && before.doer === agent.id) return before;
  const task = leased(turn, agent, id, fence);
  checkSize(result);
  turn.put("task", id, { ...task, handedIn: fence });
  spend(turn, spent, { agent: agent.id, task: id });
  if (task.check !== undefined) {
    turn.put("task", id, { ...endLease(turn, turn.task(id)), status: "checking", result });
    turn.tell({ kind: "task.checking", task: id, agent: agent.id });
    countBusy(turn);
  } else {
    succeed(turn, id, result);
  }
  return turn.task(id);
}

/** What the check of a result said. A verdict on what is not being checked any more is nothing. */
export function checked(
  turn: Turn,
  id: string,
  verdict: {
    readonly passed: boolean;
    readonly output: string;
    /** The fence under which the result was handed in. */
    readonly of: number | undefined;
  },
): void {
  const task = turn.state.records.task.get(id);
  if (task?.status !== "checking" || task.handedIn !== verdict.of) return;
  if (verdict.passed) {
    succeed(turn, id, task.result ?? null);
    return;
  }
  const { result: _, ...rest } = task;
  const note = `The check "${task.check?.command}" refused the result: ${verdict.output}`.slice(
    0,
    4_000,
  );
  turn.put("task", id, { ...rest, handoff: { from: task.doer ?? OWNER, note } });
  lose(turn, id, note, true);
}

export function fail(
  turn: Turn,
  agent: AgentRecord,
  { task: id, fence, reason, retry = true, spent = {} }: FailTask,
): TaskRecord {
  leased(turn, agent, id, fence);
  spend(turn, spent, { agent: agent.id, task: id });
  lose(turn, id, reason, retry);
  return turn.task(id);
}

/** Gives what the agent has in work to another, or back; that costs no attempt. */
export function handoff(turn: Turn, agent: AgentRecord, request: HandoffTask): TaskRecord {
  const { task: id, fence, to, note, spent = {} } = request;
  leased(turn, agent, id, fence);
  if (to !== undefined) {
    if (!isActive(turn.agent(to)))
      throw refused("conflict", `${to} is not there any more; get_swarm shows who is`);
    if (!reaches(turn.state, agent.id, to))
      throw refused("denied", whyNot(turn.state, agent.id, to));
  }
  spend(turn, spent, { agent: agent.id, task: id });
  const { to: _, ...free } = turn.task(id);
  turn.put("task", id, free);
  giveBack(turn, id, { handoff: { from: agent.id, note }, ...(to === undefined ? {} : { to }) });
  turn.tell({ kind: "task.handed_over", task: id, agent: agent.id });
  return turn.task(id);
}

/** Back among the ready ones, as if it had not been tried. */
export function giveBack(turn: Turn, id: string, facts: Partial<TaskRecord> = {}): void {
  const free = endLease(turn, turn.task(id));
  turn.put("task", id, { ...free, ...facts, status: "ready", attempts: free.attempts - 1 });
  countBusy(turn);
}

/** An attempt is lost: by failing, by silence, or by its check. */
export function lose(turn: Turn, id: string, reason: string, retry: boolean): void {
  const task = turn.task(id);
  const doer = turn.state.records.agent.get(task.doer ?? "");
  const { maxAgents, limit } = turn.swarm;
  turn.update({ limit: adapted(limit, false, maxAgents) });
  if (doer !== undefined) turn.put("agent", doer.id, { ...doer, failed: doer.failed + 1 });
  if (!retry || task.attempts >= task.maxAttempts) {
    const many = retry ? ` (attempt ${task.attempts} of ${task.maxAttempts})` : "";
    endTask(turn, id, { status: "failed", reason: `${reason}${many}` });
    return;
  }
  turn.put("task", id, { ...endLease(turn, turn.task(id)), status: "ready", reason });
  turn.tell({ kind: "task.retried", task: id, reason: reason.slice(0, 200) });
  countBusy(turn);
}

export function cancel(turn: Turn, by: string, id: string, reason: string): TaskRecord {
  const task = turn.task(id);
  if (ENDED.has(task.status)) return task;
  if (by !== OWNER && by !== task.by) {
    throw refused("denied", `${id} was submitted by ${task.by}: only it and the owner cancel it`);
  }
  endTask(turn, id, { status: "cancelled", reason });
  return turn.task(id);
}

function succeed(turn: Turn, id: string, result: JsonValue): void {
  const doer = turn.state.records.agent.get(turn.task(id).doer ?? "");
  if (doer !== undefined) turn.put("agent", doer.id, { ...doer, done: doer.done + 1 });
  const { maxAgents, limit } = turn.swarm;
  turn.update({ limit: adapted(limit, true, maxAgents) });
  endTask(turn, id, { status: "succeeded", result });
}

function checkSize(result: JsonValue): void {
  const size = JSON.stringify(result).length;
  if (size <= BOUNDS.result) return;
  throw refused(
    "invalid_input",
    `The result has ${size} characters of JSON, more than ${BOUNDS.result}: write it to a file, and give its path`,
  );
}

/** What an agent thinks of a result that is not its own. */
export function vote(
  turn: Turn,
  agent: AgentRecord,
  {
    task: id,
    choice,
    reason,
  }: { readonly task: string; readonly choice: "accept" | "reject"; readonly reason?: string },
): TaskRecord {
  const task = turn.task(id);
  const whole = task.parent === undefined ? undefined : turn.task(task.parent);
  if (whole?.aggregate !== "weighted" && whole?.aggregate !== "veto") {
    throw refused(
      "invalid_input",
      `${id} is no part of a task that is decided by votes (weighted, veto)`,
    );
  }
  if (whole.status !== "split")
    throw refused("conflict", `${whole.id} is decided already: ${whole.status}`);
  if (task.status !== "succeeded")
    throw refused("conflict", `${id} is ${task.status}: there is no result to vote on`);
  if (task.doer === agent.id) throw refused("denied", "Nobody votes on a result of their own");
  const facts = reason === undefined ? {} : { reason };
  turn.put("vote", `${id}/${agent.id}`, {
    task: id,
    agent: agent.id,
    choice,
    at: turn.at.wall,
    ...facts,
  });
  turn.tell({ kind: "task.voted", task: id, agent: agent.id, status: choice });
  settle(turn, whole.id);
  return turn.task(id);
}
