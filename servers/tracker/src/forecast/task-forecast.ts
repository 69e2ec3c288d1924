import type { Task } from "../model/task.ts";
import { createForecaster, type Forecaster, type Outcome } from "./forecaster.ts";
import type { Traits } from "./traits.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A forecast says whether a task is finished within this time. */
export const TASK_HORIZON_MS = 7 * DAY_MS;
/** Ages of a task at which a forecast could have been made. */
const AGES_MS = [0, 6 * HOUR_MS, DAY_MS, 3 * DAY_MS, 7 * DAY_MS, 14 * DAY_MS];

type Known = Pick<
  Task,
  "id" | "createdAt" | "statusAt" | "status" | "source" | "project" | "subject" | "description"
>;

/** Forecasts whether an open task is finished within the horizon; a task is one outcome, at whatever ages. */
export function taskForecaster(tasks: readonly Known[], now: number): Forecaster {
  const outcomes = taskOutcomes(tasks, now);
  return createForecaster(outcomes, new Set(outcomes.map(({ subject }) => subject)).size);
}

/**
 * What became of tasks, at each age while they were not ended: finished within the horizon or not. Only forecasts
 * whose horizon has passed count: else those that end soon would be told first. Traits are only what was known then.
 */
function taskOutcomes(tasks: readonly Known[], now: number): Outcome[] {
  return tasks.flatMap((task) => {
    const isEnded =
      task.status === "done" || task.status === "abandoned" || task.status === "superseded";
    const endedAt = isEnded ? task.statusAt : Number.POSITIVE_INFINITY;
    return AGES_MS.flatMap((age): Outcome[] => {
      const at = task.createdAt + age;
      const knownAt = at + TASK_HORIZON_MS;
      const wasOpen = age === 0 || at < endedAt;
      if (!wasOpen || knownAt > now) return [];
      const happened = task.status === "done" && endedAt <= knownAt;
      return [{ subject: task.id, at, knownAt, happened, traits: taskTraits(task, at) }];
    });
  });
}

/** What is known of a task at a time. */
export function taskTraits(task: Omit<Known, "id" | "status" | "statusAt">, at: number): Traits {
  return {
    source: task.source,
    project: task.project,
    age: Math.log1p(Math.max(0, at - task.createdAt) / HOUR_MS),
    words: Math.log1p(task.subject.split(/\s+/).length),
    described: task.description === undefined ? "no" : "yes",
  };
}
