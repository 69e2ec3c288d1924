import type { TaskFact } from "../../model/facts.ts";
import type { Task, TaskWithEvidence } from "../../model/task.ts";
import { finishedAt, type TaskState, textOf, toTask } from "../commit/task-state.ts";
import { EVIDENCE_LIMIT } from "../limits.ts";
import { limitOf, placeOf, toPage } from "../paging.ts";
import type { Count, CountTasksQuery, TaskQuery, TimeRange } from "../queries.ts";
import { type Clause, parseSearch } from "../search/clauses.ts";
import { matches } from "../search/matches.ts";
import type { TrackerStore } from "../tracker-store.ts";
import type { Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { readPlaces } from "./read-records.ts";
import { readAll, readFields } from "./reads.ts";

type TaskReads = Pick<TrackerStore, "task" | "tasks" | "countTasks">;

const CHUNK = 500;

export function createTaskReads(redis: Connection, keys: Keys): TaskReads {
  return {
    task: (id) => readTask(redis, keys, id),
    tasks: (query = {}) => readTaskPage(redis, keys, query),
    countTasks: async (query) =>
      countTasks((await readAll<TaskState>(redis, keys.tasks)).map(toTask), query),
  };
}

/** Also by an id that was merged into it. */
export async function findTask(
  redis: Connection,
  keys: Keys,
  id: string,
): Promise<TaskState | undefined> {
  const real = (await readFields<string>(redis, keys.aliases, [id])).get(id) ?? id;
  return (await readFields<TaskState>(redis, keys.tasks, [real])).get(real);
}

async function readTask(
  redis: Connection,
  keys: Keys,
  id: string,
): Promise<TaskWithEvidence | undefined> {
  const state = await findTask(redis, keys, id);
  if (!state) return undefined;
  const bodies = await redis.ask<string[]>(
    "ZREVRANGE",
    keys.taskFacts(state.id),
    0,
    EVIDENCE_LIMIT - 1,
  );
  const facts = bodies.map((body) => JSON.parse(body) as TaskFact);
  const shown = facts.map(({ shownBy, recordId }) => shownBy ?? recordId);
  const places = await readFields<number>(redis, keys.places, shown);
  const stored = await readPlaces(redis, keys, [...places.values()]);
  const evidence = facts.map((fact, at) => {
    const record = stored.get(places.get(shown[at] ?? "") ?? -1)?.record;
    if (!record) return { fact };
    const { id: recordId, sessionId, origin } = record;
    return { fact, record: { id: recordId, sessionId, origin } };
  });
  return { ...toTask(state), evidence };
}

async function readTaskPage(redis: Connection, keys: Keys, query: TaskQuery) {
  const limit = limitOf(query);
  const clauses = query.text === undefined ? [] : parseSearch(query.text);
  const [score, name] = placeOf(query, 2) ?? [];
  const key = keys.taskOrder(query.order ?? "priority");
  const found: { readonly task: Task; readonly score: number }[] = [];
  const ofSession =
    query.sessionId === undefined
      ? undefined
      : new Set(await redis.ask<string[]>("SMEMBERS", keys.tasksOf(query.sessionId)));
  for (let offset = 0; found.length <= limit; offset += CHUNK) {
    const range = [score ?? "+inf", "-inf", "WITHSCORES", "LIMIT", offset, CHUNK] as const;
    const pairs = toPairs(await redis.ask<unknown[]>("ZREVRANGEBYSCORE", key, ...range));
    const states = await readFields<TaskState>(
      redis,
      keys.tasks,
      pairs.map(({ member }) => member),
    );
    for (const { member, score: at } of pairs) {
      const state = states.get(member);
      const isShown = at === Number(score) && member >= String(name);
      if (!state || isShown || ofSession?.has(member) === false) continue;
      const task = toTask(state);
      if (isWanted(task, query, clauses)) found.push({ task, score: at });
    }
    if (pairs.length < CHUNK) break;
  }
  return toPage(found, {
    limit,
    placeOf: (one) => [one.score, one.task.id],
    toItem: ({ task }) => task,
  });
}

/** RESP2 tells them one after the other, RESP3 two by two. */
function toPairs(answer: readonly unknown[]): { member: string; score: number }[] {
  const flat = answer.flat();
  return Array.from({ length: flat.length / 2 }, (_, at) => ({
    member: String(flat[2 * at]),
    score: Number(flat[2 * at + 1]),
  }));
}

function isWanted(task: Task, query: TaskQuery, clauses: readonly Clause[]): boolean {
  const { statuses, sources, project, minConfidence, updated } = query;
  if (statuses && !statuses.includes(task.status)) return false;
  if (sources && !sources.includes(task.source)) return false;
  if (project !== undefined && task.project !== project) return false;
  if (query.phase !== undefined && (task.phase?.name ?? "unknown") !== query.phase) return false;
  if (minConfidence !== undefined && task.confidence < minConfidence) return false;
  if (updated && !isWithin(task.updatedAt, updated)) return false;
  return clauses.length === 0 || matches([{ kind: "notice", text: textOf(task) }], clauses);
}

function isWithin(at: number, { from = 0, to = Number.POSITIVE_INFINITY }: TimeRange): boolean {
  return at >= from && at < to;
}

function countTasks(
  tasks: readonly Task[],
  { by, project, statuses, time }: CountTasksQuery,
): Count[] {
  const counts = new Map<string, number>();
  for (const task of tasks) {
    const at = by === "finished" ? finishedAt(task) : task.createdAt;
    if (at === undefined || (time && !isWithin(at, time))) continue;
    if (project !== undefined && task.project !== project) continue;
    if (statuses && !statuses.includes(task.status)) continue;
    const isDay = by === "created" || by === "finished";
    const key = isDay ? new Date(at).toISOString().slice(0, 10) : task[by];
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .map(([key, count]) => ({ key, count }))
    .sort((one, other) => (one.key < other.key ? -1 : 1));
}
