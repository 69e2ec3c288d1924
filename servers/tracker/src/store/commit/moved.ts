import type { Session } from "../../model/session.ts";
import { joinTasks, type TaskState } from "./task-state.ts";

/** A session whose records came before: what is told of it is the moved one's, and what both counted counts once. */
export function joinSessions(one: Session, other: Session): Session {
  return {
    ...one,
    ...other,
    firstAt: Math.min(one.firstAt, other.firstAt),
    lastAt: Math.max(one.lastAt, other.lastAt),
    records: Math.max(one.records, other.records),
    errors: Math.max(one.errors, other.errors),
  };
}

/** A task whose facts came with the records: what people said is joined, and facts are counted once. */
export function joinMovedTasks(one: TaskState | undefined, other: TaskState): TaskState {
  if (!one) return other;
  return { ...joinTasks(other, one), facts: Math.max(one.facts, other.facts) };
}
