import type { OfUnit, RunState } from "@trestle/flow";

/** The piece of work that a run of a step does, as its parent calls it: `step/unit`, then the poll. */
export function readKey(key: string): OfUnit & { readonly poll: number } {
  const slash = key.lastIndexOf("/");
  const [unit = 0, poll = 0] = key
    .slice(slash + 1)
    .split(".")
    .map(Number);
  return { step: key.slice(0, slash), unit, poll };
}

/** Does the parent still wait for the run that does this? One that nobody waits for is cancelled. */
export function isAwaited(parent: RunState, key: string): boolean {
  const { step, unit, poll } = readKey(key);
  const units = parent.units[step] ?? [];
  const found = units[unit];
  if (found === undefined || found.poll !== poll) return false;
  if (parent.ended || parent.stopping || units.some(({ status }) => status === "failed"))
    return false;
  return parent.steps[step]?.status === "running" && found.status !== "succeeded";
}
