import type { Results } from "./answers.ts";
import type { Turn } from "./core/turn.ts";
import type { TaskRecord } from "./model.ts";
import type { GetResults } from "./requests.ts";
import { toCost, toTask } from "./views.ts";

/** Tasks with what they gave, and what all of it cost. Parts come after what they are parts of. */
export function resultsOf(turn: Turn, request: GetResults): Omit<Results, "baseline"> {
  const { state, swarm, at } = turn;
  return {
    swarm: swarm.id,
    tasks: pageOf(turn, request).map(toTask),
    counts: { ...state.counts },
    cost: toCost(state, at),
  };
}

function pageOf(turn: Turn, { tasks, statuses, after, limit }: GetResults): TaskRecord[] {
  const from = after === undefined ? 0 : turn.task(after).seq;
  if (tasks !== undefined) return tasks.map(turn.task);
  const page: TaskRecord[] = [];
  for (const task of turn.state.records.task.values()) {
    if (task.seq <= from || (statuses !== undefined && !statuses.includes(task.status))) continue;
    page.push(task);
  }
  return page.sort((a, b) => a.seq - b.seq).slice(0, limit);
}
