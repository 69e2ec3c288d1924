import type { SqlStatement } from "@trestle/store";
import { finishedAt, type TaskState, textOf, toTask } from "../commit/task-state.ts";

/** Writes tasks as they are now, with what finds them; `before` is what stood there. */
export function storeTasks(
  states: ReadonlyMap<string, TaskState>,
  before: ReadonlyMap<string, TaskState>,
): SqlStatement[] {
  const tasks = [...states.values()].map((state) => ({ state, task: toTask(state) }));
  // Words are far dearer to write than the rest, and seldom change.
  const reworded = tasks.filter(({ task }) => {
    const old = before.get(task.id);
    return !old || textOf(toTask(old)) !== textOf(task);
  });
  return [
    {
      sql: `INSERT INTO task (id, status, project, source, priority, confidence, created_at, updated_at,
          finished_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, project = excluded.project,
          source = excluded.source, priority = excluded.priority, confidence = excluded.confidence,
          created_at = excluded.created_at, updated_at = excluded.updated_at,
          finished_at = excluded.finished_at, state = excluded.state`,
      each: tasks.map(({ state, task }) => [
        ...[task.id, task.status, task.project, task.source, task.priority, task.confidence],
        ...[task.createdAt, task.updatedAt, finishedAt(task) ?? null, JSON.stringify(state)],
      ]),
    },
    // A statement that could write several rows, or replace one, would flush the index for each.
    {
      sql: "DELETE FROM task_words WHERE rowid = (SELECT n FROM task WHERE id = ?)",
      each: reworded.filter(({ task }) => before.has(task.id)).map(({ task }) => [task.id]),
    },
    {
      sql: "INSERT INTO task_words (rowid, text) VALUES ((SELECT n FROM task WHERE id = ?), ?)",
      each: reworded.map(({ task }) => [task.id, textOf(task)]),
    },
    {
      sql: "INSERT OR IGNORE INTO task_session VALUES (?, ?)",
      each: tasks.flatMap(({ state }) =>
        newSessions(state, before).map((session) => [session, state.id]),
      ),
    },
  ];
}

function newSessions(state: TaskState, before: ReadonlyMap<string, TaskState>): string[] {
  const old = before.get(state.id)?.sessions;
  return state.sessions.filter((session) => !old?.includes(session));
}
