/** Of tasks, in the order in which they go through them. */
export const TASK_STATES = [
  "waiting",
  "ready",
  "claimed",
  "checking",
  "split",
  "succeeded",
  "failed",
  "cancelled",
] as const;
export const ENDED_STATES = ["succeeded", "failed", "cancelled"] as const;

/** How many tasks are in these states; in all where none are named. */
export function sumOf(
  counts: Readonly<Record<string, number>>,
  states: readonly string[] = Object.keys(counts),
): number {
  return states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}
