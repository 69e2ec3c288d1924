import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { Task } from "../model/task.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { scoreTask } from "../tasks/score.ts";
import { errorsOfProjects } from "./errors-of-projects.ts";

export interface ScoringParts {
  readonly store: TrackerStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names of health targets that are not up. */
  unhealthy(): Promise<readonly string[]>;
}

/** Keeps the urgency of unfinished tasks as it is by now. */
export interface Scoring {
  /** Soon, once for all who ask until then. */
  soon(): void;
  now(): Promise<void>;
  close(): Promise<void>;
}

const DELAY_MS = 500;
/** Tasks age while nothing happens. */
const AT_LEAST_EVERY_MS = 3_600_000;
const MOST_TASKS = 2_000;
const PAGE = 1_000;

export function createScoring(parts: ScoringParts): Scoring {
  const { clock, log } = parts;
  let cancel = () => {};
  let isPending = false;
  let isClosed = false;
  let working: Promise<void> = Promise.resolve();

  function schedule(ms: number): void {
    cancel();
    if (!isClosed) cancel = clock.after(ms, () => void now());
  }

  function now(): Promise<void> {
    isPending = false;
    working = working
      .then(() => scoreAll(parts))
      .catch((error) => log.warn("tasks not scored", { error: messageOf(error) }))
      .finally(() => {
        if (!isPending) schedule(AT_LEAST_EVERY_MS);
      });
    return working;
  }

  return {
    now,
    soon() {
      if (isPending) return;
      isPending = true;
      schedule(DELAY_MS);
    },
    async close() {
      isClosed = true;
      cancel();
      await working;
    },
  };
}

async function scoreAll({ store, clock, unhealthy }: ScoringParts): Promise<void> {
  const tasks = await unfinished(store);
  if (tasks.length === 0) return;
  const now = clock.now();
  const errors = await errorsOfProjects(store, now);
  const sick = (await unhealthy()).map((name) => name.toLowerCase());
  const waiting = new Map<string, number>();
  for (const { blockedBy } of tasks) {
    for (const id of blockedBy) waiting.set(id, (waiting.get(id) ?? 0) + 1);
  }
  const scores = tasks.map((task) => {
    const text = `${task.subject} ${task.description ?? ""}`.toLowerCase();
    const signals = {
      now,
      blocks: waiting.get(task.id) ?? 0,
      errors: errors.get(task.project) ?? 0,
      unhealthyTargets: sick.filter((name) => text.includes(name)).length,
    };
    return { taskId: task.id, ...scoreTask(task, signals) };
  });
  await store.scoreTasks(scores);
}

async function unfinished(store: Pick<TrackerStore, "tasks">): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.tasks({
      ...{ statuses: ["open", "in_progress", "blocked"], order: "updated", limit: PAGE },
      ...(cursor !== undefined && { cursor }),
    });
    tasks.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && tasks.length < MOST_TASKS);
  return tasks;
}
