import type { ObjectContext } from "../object-class.ts";

/** Sees to it that the object is woken when the first of these times comes. */
export function wakeAt({ alarm }: ObjectContext, times: readonly number[]): void {
  const soonest = times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
  if (soonest === undefined) alarm.clear();
  else if (alarm.get() !== soonest) alarm.set(soonest);
}
