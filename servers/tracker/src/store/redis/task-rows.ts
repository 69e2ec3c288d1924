import { type TaskState, toTask } from "../commit/task-state.ts";
import type { Command } from "./connection.ts";
import type { Keys } from "./keys.ts";

/** Room for a time beside it in a score. */
const TIMES = 2 ** 42;

/** Writes tasks as they are now, with the orders they stand in. */
export function storeTasks(
  states: ReadonlyMap<string, TaskState>,
  before: ReadonlyMap<string, TaskState>,
  keys: Keys,
): Command[] {
  const commands: Command[] = [];
  for (const [id, state] of states) {
    const { priority, updatedAt, createdAt } = toTask(state);
    commands.push(
      ["HSET", keys.tasks, id, JSON.stringify(state)],
      ["ZADD", keys.taskOrder("priority"), Math.round(priority * 10) * TIMES + updatedAt, id],
      ["ZADD", keys.taskOrder("updated"), updatedAt, id],
      ["ZADD", keys.taskOrder("created"), createdAt, id],
    );
    const old = before.get(id)?.sessions;
    for (const session of state.sessions) {
      if (!old?.includes(session)) commands.push(["SADD", keys.tasksOf(session), id]);
    }
  }
  return commands;
}

/** Without its facts, which may have gone to another. */
export function removeTask(state: TaskState, keys: Keys): Command[] {
  return [
    ["HDEL", keys.tasks, state.id],
    ...(["priority", "updated", "created"] as const).map(
      (order): Command => ["ZREM", keys.taskOrder(order), state.id],
    ),
    ...state.sessions.map((session): Command => ["SREM", keys.tasksOf(session), state.id]),
  ];
}
