import * as z from "zod";
import type { CountTasksQuery } from "../store/queries.ts";
import type { TrackerStore } from "../store/tracker-store.ts";

const counts = z.record(z.string(), z.int());

export const analyticsShape = z.object({
  byStatus: counts.describe("Of all time"),
  byProject: counts.describe("Unfinished ones"),
  bySource: counts.describe("Unfinished ones"),
  created: z.int().describe("In the time that was asked for"),
  finished: z.int(),
  days: z
    .array(z.object({ day: z.string(), created: z.int(), finished: z.int() }))
    .describe("Those of UTC on which something happened"),
  medianHoursToFinish: z.number().optional().describe("Of those finished in that time"),
  slowTenthHours: z.number().optional().describe("A tenth of them took longer"),
  examples: z
    .array(z.object({ id: z.string(), subject: z.string(), hours: z.number() }))
    .describe("Finished in that time, those that took longest"),
});

export type TaskAnalytics = z.output<typeof analyticsShape>;

const HOUR_MS = 3_600_000;
const MOST_FINISHED = 2_000;
const MOST_DAYS = 90;
const MOST_EXAMPLES = 5;

export async function taskAnalytics(
  store: Pick<TrackerStore, "countTasks" | "finishedTasks" | "task">,
  { from, to, project }: { readonly from: number; readonly to: number; readonly project?: string },
): Promise<TaskAnalytics> {
  const ofProject = project === undefined ? {} : { project };
  const count = (query: CountTasksQuery) => countsOf(store, { ...ofProject, ...query });
  const statuses = ["open", "in_progress", "blocked"] as const;
  const [byStatus, byProject, bySource, created, finished, done] = await Promise.all([
    count({ by: "status" }),
    count({ by: "project", statuses }),
    count({ by: "source", statuses }),
    count({ by: "created", time: { from, to } }),
    count({ by: "finished", time: { from, to } }),
    store.finishedTasks({ ...ofProject, from, to, limit: MOST_FINISHED }),
  ]);
  const took = done
    .filter(({ statusAt }) => statusAt >= from)
    .map(({ id, createdAt, statusAt }) => ({ id, hours: hoursOf(statusAt - createdAt) }))
    .toSorted((a, b) => a.hours - b.hours);
  const [median, slow] = [0.5, 0.9].map((share) => took[Math.floor(took.length * share)]?.hours);
  return {
    ...{ byStatus, byProject, bySource, created: sum(created), finished: sum(finished) },
    days: Object.keys({ ...created, ...finished })
      .toSorted()
      .slice(-MOST_DAYS)
      .map((day) => ({ day, created: created[day] ?? 0, finished: finished[day] ?? 0 })),
    ...(median !== undefined && { medianHoursToFinish: median }),
    ...(slow !== undefined && { slowTenthHours: slow }),
    examples: await Promise.all(
      took
        .slice(-MOST_EXAMPLES)
        .toReversed()
        .map(async ({ id, hours }) => {
          const { subject = "" } = (await store.task(id)) ?? {};
          return { id, subject, hours };
        }),
    ),
  };
}

async function countsOf(
  store: Pick<TrackerStore, "countTasks">,
  query: CountTasksQuery,
): Promise<Record<string, number>> {
  const all = await store.countTasks(query);
  return Object.fromEntries(all.map(({ key, count }) => [key, count]));
}

function sum(all: Readonly<Record<string, number>>): number {
  return Object.values(all).reduce((total, count) => total + count, 0);
}

function hoursOf(ms: number): number {
  return Math.round((Math.max(0, ms) / HOUR_MS) * 10) / 10;
}
