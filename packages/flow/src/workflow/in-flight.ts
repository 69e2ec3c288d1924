import type { OfUnit, RunState } from "./state.ts";

/** Every piece of work whose attempt has started and not ended. */
export function inFlight({ steps, units, compensation }: RunState): OfUnit[] {
  const forward = Object.entries(units).flatMap(([step, all]) =>
    steps[step]?.status !== "running"
      ? []
      : all.flatMap(({ status }, unit) => (status === "running" ? [{ step, unit }] : [])),
  );
  const undone = compensation?.left[0];
  if (undone?.work.status !== "running") return forward;
  return [...forward, { step: undone.step, unit: undone.unit, undo: true }];
}
