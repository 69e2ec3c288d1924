import type { Clock } from "@trestle/protocol";
import type { Forecaster } from "../forecast/forecaster.ts";
import {
  expectedWaitMs,
  type GroupHistory,
  groupForecaster,
  groupTraits,
} from "../forecast/group-forecast.ts";
import { taskForecaster, taskTraits } from "../forecast/task-forecast.ts";
import type { Task } from "../model/task.ts";
import type { TrackerStore } from "../store/tracker-store.ts";

/** Chances from the store's own history, or why there are none. */
export interface Forecasts {
  /** Chance that a task is finished within a week. */
  ofTasks(): Promise<{ readonly model: Forecaster; chance(task: Task): number | undefined }>;
  /** When a group is expected to be seen again. */
  ofGroups(): Promise<{
    readonly model: Forecaster;
    waitMs(events: GroupHistory): number | undefined;
  }>;
}

/** A model is made anew after this time. */
const FRESH_MS = 15 * 60_000;
const MOST_TASKS = 5_000;
const MOST_EVENTS = 20_000;
const PAGE = 1_000;
/** Days of errors that a model of groups learns from. */
const LEARNED_MS = 60 * 86_400_000;

export function createForecasts(store: TrackerStore, clock: Clock): Forecasts {
  const taskModel = kept(clock, async () => taskForecaster(await allTasks(store), clock.now()));
  const groupModel = kept(clock, async () =>
    groupForecaster(await histories(store, clock.now()), clock.now()),
  );
  return {
    async ofTasks() {
      const model = await taskModel();
      const now = clock.now();
      return {
        model,
        chance: (task) =>
          model.kind === "shown" ? model.chance(taskTraits(task, now)) : undefined,
      };
    },
    async ofGroups() {
      const model = await groupModel();
      const now = clock.now();
      return {
        model,
        waitMs: (events) =>
          model.kind === "shown"
            ? expectedWaitMs(model.chance(groupTraits(events, now)))
            : undefined,
      };
    },
  };
}

/** One model at a time, made when it is asked for and too old. */
function kept(clock: Clock, make: () => Promise<Forecaster>): () => Promise<Forecaster> {
  let madeAt = Number.NEGATIVE_INFINITY;
  let model: Promise<Forecaster> | undefined;
  return () => {
    if (model !== undefined && clock.now() - madeAt < FRESH_MS) return model;
    madeAt = clock.now();
    const making = make();
    model = making;
    making.catch(() => {
      if (model === making) model = undefined;
    });
    return making;
  };
}

async function allTasks(store: TrackerStore): Promise<Task[]> {
  const tasks: Task[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.tasks({
      ...{ order: "created", limit: PAGE },
      ...(cursor !== undefined && { cursor }),
    });
    tasks.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && tasks.length < MOST_TASKS);
  return tasks;
}

async function histories(store: TrackerStore, now: number): Promise<GroupHistory[]> {
  const events = await store.errorTraces({ from: now - LEARNED_MS, limit: MOST_EVENTS });
  const byGroup = Map.groupBy(events.toReversed(), ({ group }) => group);
  return [...byGroup].map(([group, all]) => ({ group, events: all }));
}
