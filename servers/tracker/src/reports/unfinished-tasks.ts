import * as z from "zod";
import type { TaskStatus } from "../model/facts.ts";
import type { Task } from "../model/task.ts";
import type { State } from "../state.ts";
import type { TaskQuery } from "../store/queries.ts";
import { statusAt } from "../tasks/stale.ts";
import { clip } from "./clip.ts";
import { type Evidence, evidenceShape, toEvidence } from "./evidence.ts";
import { shownPhase, showPhase } from "./phase.ts";
import { shownTime } from "./time.ts";

export const UNFINISHED: readonly TaskStatus[] = ["open", "in_progress", "blocked"];
const MOST_EVIDENCE = 3;

export const taskShape = z.object({
  id: z.string(),
  project: z.string(),
  subject: z.string(),
  description: z.string().optional(),
  status: z
    .string()
    .describe("abandoned where it was begun and nobody touched it for a day, without saying so"),
  source: z.string().describe("What named it: a task tool, a plan, a person, words"),
  owner: z.string().optional(),
  note: z.string().optional(),
  blockedBy: z.array(z.string()),
  priority: z.number().describe("0 to 100, 100 the most urgent"),
  why: z.record(z.string(), z.number()).describe("What the priority is the sum of"),
  confidence: z.number().describe("How sure it is that this is a task in this state, 0 to 1"),
  created: z.string(),
  updated: z.string(),
  sessions: z.int().describe("How many sessions spoke of it"),
  chance: z
    .number()
    .optional()
    .describe("That it is finished within a week, where a model is proven"),
  phase: shownPhase.optional(),
  evidence: z.array(evidenceShape),
});

export type ShownTask = z.output<typeof taskShape>;

export function showTask(
  task: Task,
  parts: { readonly now: number; readonly evidence: readonly Evidence[]; readonly chance?: number },
): ShownTask {
  const { now, evidence, chance } = parts;
  const { description, owner, note, terms = {} } = task;
  return {
    id: task.id,
    project: task.project,
    subject: clip(task.subject),
    ...(description !== undefined && { description: clip(description, 500) }),
    status: statusAt(task, now),
    source: task.source,
    ...(owner !== undefined && { owner }),
    ...(note !== undefined && { note: clip(note) }),
    blockedBy: [...task.blockedBy],
    priority: task.priority,
    why: { ...terms },
    confidence: task.confidence,
    created: shownTime(task.createdAt),
    updated: shownTime(task.updatedAt),
    sessions: task.sessions,
    ...(chance !== undefined && { chance: Math.round(chance * 100) / 100 }),
    ...(task.phase !== undefined && { phase: showPhase(task.phase) }),
    evidence: [...evidence],
  };
}

/** Where the lines stand that speak of a task, the newest first. */
export async function evidenceOfTask(
  store: Pick<State["store"], "task">,
  id: string,
  most = MOST_EVIDENCE,
): Promise<Evidence[]> {
  const { evidence = [] } = (await store.task(id)) ?? {};
  return evidence
    .flatMap(({ fact, record }) =>
      record === undefined ? [] : [toEvidence({ ...record, at: fact.at })],
    )
    .slice(0, most);
}

export async function listTasks(
  { store, forecasts }: Pick<State, "store" | "forecasts">,
  query: TaskQuery,
  now: number,
): Promise<{ readonly tasks: ShownTask[]; readonly next?: string }> {
  const { items, next } = await store.tasks(query);
  const { chance } = await forecasts.ofTasks();
  const tasks = await Promise.all(
    items.map(async (task) => {
      const said = chance(task);
      const evidence = await evidenceOfTask(store, task.id);
      return showTask(task, { now, evidence, ...(said !== undefined && { chance: said }) });
    }),
  );
  return { tasks, ...(next !== undefined && { next }) };
}
