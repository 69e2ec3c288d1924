import type { Clock } from "@trestle/protocol";
import type { Sqlite } from "@trestle/store";

/** A start has other things to do than to put away what was left in good order. */
const LATER_MS = 5_000;

/** Puts away what an earlier owner left: at once where it was killed. Returns the function that gives it up. */
export function tidySoon(
  database: Sqlite,
  clock: Clock,
  work: () => Promise<void>,
): { readonly done: Promise<void>; cancel(): void } {
  if (!database.wasClosedWell) return { done: work(), cancel() {} };
  return { done: Promise.resolve(), cancel: clock.after(LATER_MS, () => void work()) };
}
