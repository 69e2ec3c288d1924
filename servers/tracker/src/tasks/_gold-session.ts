import type { TaskSource, TaskStatus } from "../model/facts.ts";
import type { Said } from "./_transcript.ts";

/** Labelled by hand: short sessions made for this, and what a person would say is left of each, or was. */
export interface GoldSession {
  readonly name: string;
  readonly said: readonly Said[];
  readonly tasks: readonly GoldTask[];
}

export type GoldTask = readonly [source: TaskSource, subject: string, status: TaskStatus];

export const todo = (
  items: readonly (readonly [string, "pending" | "in_progress" | "completed"])[],
): Said => ({
  task: { source: "todo-list", items: items.map(([subject, status]) => ({ subject, status })) },
});
export const tool = (taskId: string, item: object): Said => ({
  task: { source: "task-tool", taskId, items: [item] },
});
export const says = (
  name: string,
  last: string,
  ...tasks: readonly (readonly [string, TaskStatus])[]
): GoldSession => ({
  name,
  said: [{ user: "Build the booking page" }, { last }],
  tasks: tasks.map(([subject, status]) => ["unfinished-words", subject, status]),
});
