import type { TaskFact } from "../model/facts.ts";
import type { TrackedRecord } from "../model/record.ts";

/** One way in which records tell of tasks. Pure but for what it remembers. */
export interface TaskRule {
  take(moment: Moment): void;
  /** What JSON can hold; undefined where there is nothing to remember. */
  memory(): object | undefined;
}

/** A rule with what it remembered; `{}` at first. */
export type OpenTaskRule = (memory: Readonly<Record<string, unknown>>) => TaskRule;

/** A record, and what it means for the turn it stands in. */
export interface Moment {
  readonly record: TrackedRecord;
  /** After this record the agent waits: its reply was the last, or somebody said something new. */
  readonly endsTurn: boolean;
  /** Nobody goes on with the session. */
  readonly endsSession: boolean;
  readonly tasks: TaskBook;
}

type Said = Omit<
  TaskFact,
  "id" | "recordId" | "sessionId" | "laneId" | "project" | "at" | "taskId"
>;

/** Where rules say what they found. */
export interface TaskBook {
  /** The task that a subject means, in the project at hand. `exact`: only with the very same words. */
  identify(subject: string, options?: { readonly exact?: boolean }): string;
  /** `shownBy` is left out where it is the record at hand. */
  say(taskId: string, fact: Said): void;
}

/** A part of what was remembered; what is of another shape is not there. */
export function remembered<Value>(
  memory: Readonly<Record<string, unknown>>,
  name: string,
): [string, Value][] {
  const value = memory[name];
  return Array.isArray(value) ? (value.filter(Array.isArray) as [string, Value][]) : [];
}
