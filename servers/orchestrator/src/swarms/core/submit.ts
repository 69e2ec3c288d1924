import { BOUNDS } from "../bounds.ts";
import { type Aggregation, OWNER, type TaskRecord } from "../model.ts";
import type { DecomposeTask, NewTask, SubmitTask } from "../requests.ts";
import { checkBudget, NO_COST } from "./budget.ts";
import { settle } from "./ends.ts";
import { parsePaths } from "./files.ts";
import { endLease, leased } from "./leases.ts";
import type { SwarmState } from "./state.ts";
import { reaches, whyNot } from "./topology.ts";
import { refused, type Turn, tooMuch } from "./turn.ts";

/** An agent's id, or `owner`. */
type Party = string;

const DEFAULT_ATTEMPTS = 5;

/** Adds a task, or several copies of it; the same key gives the task that is there. */
export function submit(turn: Turn, by: Party, request: SubmitTask): TaskRecord {
  const known = request.key && turn.state.keys.get(`task ${by} ${request.key}`);
  if (known) return turn.task(known);
  checkBudget(turn);
  const { copies = 1, aggregate = copies > 1 ? "all" : undefined } = request;
  const facts = request.key === undefined ? {} : { key: request.key };
  if (copies === 1) return addTask(turn, by, request, facts);
  checkParts(turn, { ...request, count: copies, aggregate });
  if (copies > turn.swarm.maxAgents) {
    throw refused(
      "invalid_input",
      `${copies} copies want as many agents; maxAgents is ${turn.swarm.maxAgents}`,
    );
  }
  const whole = addTask(
    turn,
    by,
    request,
    { ...facts, ...groupFacts(request, aggregate), copies: true },
    "split",
  );
  return addParts(
    turn,
    by,
    whole,
    Array.from({ length: copies }, () => request),
  );
}

/** Puts parts in the place of a task, whose results make its result. */
export function decompose(turn: Turn, by: Party, request: DecomposeTask): TaskRecord {
  const task = turn.task(request.task);
  const { aggregate = "all", parts } = request;
  checkBudget(turn);
  checkParts(turn, { ...request, check: task.check, count: parts.length, aggregate });
  let free = task;
  if (task.status === "claimed" && by !== OWNER) {
    if (request.fence === undefined) {
      throw refused(
        "invalid_input",
        "A claimed task is decomposed by whoever holds it: give its fence",
      );
    }
    free = endLease(turn, leased(turn, turn.agent(by), task.id, request.fence));
  } else if (task.status !== "ready" && task.status !== "waiting") {
    throw refused(
      "conflict",
      `${task.id} is ${task.status}; only what has not begun, or what you hold, is decomposed`,
    );
  } else if (by !== OWNER && by !== task.by) {
    throw refused(
      "denied",
      `${task.id} was submitted by ${task.by}; claim it, then decompose it with its fence`,
    );
  }
  const whole: TaskRecord = { ...free, ...groupFacts(request, aggregate), status: "split" };
  turn.put("task", task.id, whole);
  turn.tell({ kind: "task.split", task: task.id, count: parts.length });
  return addParts(turn, by, whole, parts);
}

function addParts(turn: Turn, by: Party, whole: TaskRecord, parts: readonly NewTask[]): TaskRecord {
  const ids: string[] = [];
  for (const part of parts) {
    for (const name of part.dependsOn ?? []) checkNoCircle(turn.state, name, whole.id);
    const after = [
      ...whole.dependsOn,
      ...(part.dependsOn ?? []).map((name) => partNamed(name, ids)),
    ];
    const judged =
      whole.aggregate === "judge" && whole.check !== undefined ? { check: whole.check } : {};
    const given =
      whole.copies === true
        ? { ...part, dependsOn: whole.dependsOn }
        : { ...part, dependsOn: after };
    ids.push(addTask(turn, by, { ...given, ...judged }, { parent: whole.id }).id);
  }
  const split = { ...turn.task(whole.id), parts: ids };
  turn.put("task", whole.id, split);
  settle(turn, whole.id);
  return turn.task(whole.id);
}

function partNamed(name: string, ids: readonly string[]): string {
  const [, place] = /^@(\d+)$/.exec(name) ?? [];
  if (place === undefined) return name;
  const id = ids[Number(place) - 1];
  if (id === undefined)
    throw refused("invalid_input", `dependsOn: ${name} is no part before this one`);
  return id;
}

function addTask(
  turn: Turn,
  by: Party,
  given: NewTask,
  facts: Partial<TaskRecord>,
  status?: "split",
): TaskRecord {
  const {
    title,
    description = "",
    priority = 5,
    maxAttempts = DEFAULT_ATTEMPTS,
    maxMs = 0,
    to,
    check,
  } = given;
  const { state } = turn;
  if (state.records.task.size >= BOUNDS.tasks) {
    throw tooMuch("tasks", `The swarm has ${BOUNDS.tasks} tasks`, "Make another swarm");
  }
  const dependsOn = [...new Set(given.dependsOn)];
  checkDependencies(state, dependsOn);
  parsePaths(given.files ?? []);
  if (to !== undefined) {
    turn.agent(to);
    if (to !== by && !reaches(state, by, to)) throw refused("denied", whyNot(state, by, to));
  }
  const seq = turn.next();
  const task: TaskRecord = {
    id: `t${seq}`,
    seq,
    title,
    description,
    by,
    dependsOn,
    capabilities: given.capabilities ?? [],
    files: given.files ?? [],
    priority,
    status: status ?? (dependsOn.length > 0 ? "waiting" : "ready"),
    attempts: 0,
    maxAttempts,
    createdAt: turn.at.wall,
    spent: NO_COST,
    ...(maxMs === 0 ? {} : { maxMs }),
    ...(to === undefined ? {} : { to }),
    ...(check === undefined ? {} : { check }),
    ...facts,
  };
  turn.put("task", task.id, task);
  turn.tell({ kind: "task.submitted", task: task.id, agent: by, status: task.status });
  if (task.status === "waiting") settle(turn, task.id);
  return turn.task(task.id);
}

/** Only what is there already can be depended on, so that there are no circles. */
function checkDependencies({ records }: SwarmState, dependsOn: readonly string[]): void {
  if (dependsOn.length > BOUNDS.dependencies) {
    throw refused("invalid_input", `dependsOn names at most ${BOUNDS.dependencies} tasks`);
  }
  const missing = dependsOn.find((id) => !records.task.has(id));
  if (missing !== undefined) {
    throw refused(
      "invalid_input",
      `dependsOn: there is no task ${missing} in this swarm; submit it first`,
    );
  }
}

/** A part that waits for what waits for the whole would wait for ever. */
function checkNoCircle({ records }: SwarmState, from: string, whole: string): void {
  const seen = new Set<string>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === whole) {
      throw refused(
        "invalid_input",
        `dependsOn: ${from} itself waits for ${whole}, of which this is a part`,
      );
    }
    const task = seen.has(id) ? undefined : records.task.get(id);
    seen.add(id);
    open.push(...(task?.dependsOn ?? []), ...(task?.parts ?? []));
  }
}

interface Parts {
  readonly count: number;
  readonly aggregate: Aggregation | undefined;
  readonly check?: TaskRecord["check"] | undefined;
  readonly quorum?: number;
  readonly voteMs?: number;
}

function checkParts(turn: Turn, { count, aggregate, check, quorum, voteMs }: Parts): void {
  if (count < 1 || count > BOUNDS.parts) {
    throw refused("invalid_input", `A task has 1 to ${BOUNDS.parts} parts or copies`);
  }
  if (aggregate === "judge" && check === undefined) {
    throw refused(
      "invalid_input",
      "aggregate judge wants a check: the command that judges each result",
    );
  }
  if (quorum !== undefined && voteMs === undefined) {
    throw refused("invalid_input", "quorum wants voteMs as well: how long to wait for the votes");
  }
  if (turn.state.records.task.size + count > BOUNDS.tasks) {
    throw tooMuch("tasks", `The swarm has ${BOUNDS.tasks} tasks`, "Make another swarm");
  }
}

function groupFacts(
  { quorum, voteMs }: Pick<Parts, "quorum" | "voteMs">,
  aggregate: Aggregation = "all",
): Partial<TaskRecord> {
  return {
    aggregate,
    ...(quorum === undefined ? {} : { quorum }),
    ...(voteMs === undefined ? {} : { voteMs }),
  };
}
