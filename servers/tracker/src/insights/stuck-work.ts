import type { Task } from "../model/task.ts";
import { clip, counted } from "../reports/clip.ts";
import { DAY_MS } from "../reports/time.ts";
import { evidenceOfTask } from "../reports/unfinished-tasks.ts";
import type { TaskQuery } from "../store/queries.ts";
import { confidenceOf, type Hint, type InsightQuery, type InsightSources } from "./insight.ts";

const MOST_TASKS = 500;
const TASKS_AT_ONCE = 100;
const STUCK_MS = 2 * DAY_MS;
/** What nobody missed for so long is not stuck but forgotten; it counts where so long a time was asked for. */
const FORGOTTEN_MS = 60 * DAY_MS;
const MOST_SESSIONS = 3;
const MOST_HINTS = 30;

/** Tasks that were begun or wait and that nobody moves, or that session after session speaks of. */
export async function stuckWork(
  { store }: InsightSources,
  { from, now, project }: InsightQuery,
): Promise<Hint[]> {
  const isStuck = (task: Task) => {
    const isIdle = task.status !== "open" && now - task.updatedAt > STUCK_MS;
    return isIdle || task.sessions >= MOST_SESSIONS;
  };
  const query: TaskQuery = {
    ...{ statuses: ["in_progress", "blocked", "open"], order: "priority", limit: TASKS_AT_ONCE },
    updated: { from: Math.min(from, Math.max(0, now - FORGOTTEN_MS)) },
    ...(project !== undefined && { project }),
  };
  // A task that is scored meanwhile may stand on two pages.
  const stuck = new Map<string, Task>();
  let cursor: string | undefined;
  // The most urgent ones mostly are enough.
  for (let read = 0; read < MOST_TASKS && stuck.size < MOST_HINTS; read += TASKS_AT_ONCE) {
    const page = await store.tasks({ ...query, ...(cursor !== undefined && { cursor }) });
    for (const task of page.items.filter(isStuck)) stuck.set(task.id, task);
    cursor = page.next;
    if (cursor === undefined) break;
  }
  return Promise.all(
    [...stuck.values()].slice(0, MOST_HINTS).map(async (task) => {
      const days = Math.floor((now - task.updatedAt) / DAY_MS);
      const evidence = await evidenceOfTask(store, task.id);
      const isBlocked = task.status === "blocked";
      return {
        kind: "stuck_work",
        about: task.id,
        title: `Stuck: ${clip(task.subject, 140)}`,
        detail: `It is ${task.status.replace("_", " ")}; nobody spoke of it for ${counted(days, "day")}, and ${counted(task.sessions, "session")} did before.`,
        action: isBlocked
          ? `Clear what blocks it${task.blockedBy.length > 0 ? ` (${task.blockedBy.join(", ")})` : ""}, or set it aside by update_task.`
          : "Finish it, cut it into smaller tasks, or say by update_task that it is abandoned.",
        confidence: confidenceOf(
          task.confidence * (days >= 7 || task.sessions >= MOST_SESSIONS ? 0.95 : 0.75),
        ),
        basis: `the task itself is ${Math.round(task.confidence * 100)} % sure; quiet for ${counted(days, "day")}, in ${counted(task.sessions, "session")}`,
        project: task.project,
        records: evidence.map(({ record }) => record),
      };
    }),
  );
}
