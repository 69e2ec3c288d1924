import type { TaskStatus } from "../model/facts.ts";
import type { Task } from "../model/task.ts";

/** Nobody leaves an agent at work for longer and comes back to the same task. */
const STALE_MS = 24 * 3_600_000;

/** The status as it stands at a time: what was begun, and not touched for long, is abandoned unless a person said so. */
export function statusAt(
  { status, statusSource, updatedAt }: Pick<Task, "status" | "statusSource" | "updatedAt">,
  now: number,
  staleMs = STALE_MS,
): TaskStatus {
  const isStale = status === "in_progress" && now - updatedAt > staleMs;
  return isStale && statusSource !== "person" ? "abandoned" : status;
}
