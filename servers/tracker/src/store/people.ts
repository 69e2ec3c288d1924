import { TrestleError } from "@trestle/protocol";
import type { TaskFact } from "../model/facts.ts";
import type { TaskChange } from "../model/task.ts";
import type { TaskState } from "./commit/task-state.ts";

/** A person's word as evidence beside the facts. It stands in no record. */
export function wordOf(state: TaskState, change: TaskChange, at: number): TaskFact {
  const { by, ...said } = change;
  const { sessionId, project } = state.last;
  const told = Object.fromEntries(Object.entries(said).filter(([, value]) => value != null));
  return {
    ...told,
    id: `person#${at}`,
    recordId: "",
    ...{ sessionId, project, at },
    taskId: state.id,
    source: "person",
    confidence: 1,
    ...(by === undefined ? {} : { by }),
  };
}

export function checkChange({ priority }: TaskChange): void {
  if (priority == null || (priority >= 0 && priority <= 100)) return;
  throw new TrestleError(
    "invalid_input",
    `priority is ${priority}; give 0 to 100, 100 the most urgent.`,
  );
}

export function unknownTask(id: string): TrestleError {
  return new TrestleError(
    "not_found",
    `There is no task ${id}; ask for the tasks to see their ids.`,
  );
}

export function unknownGroup(group: string): TrestleError {
  return new TrestleError(
    "not_found",
    `There is no group of errors ${group}; ask for the groups to see their ids.`,
  );
}
