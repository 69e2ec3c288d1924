import type { Run } from "@trestle/flow";
import type { RunStatus } from "../runs/run-store.ts";

/** `waiting`: nothing goes on before a person decides or a signal comes. */
export function statusOf({ state, running }: Run): RunStatus {
  if (state.ended) return state.ended.outcome;
  if (state.paused) return "paused";
  if (state.compensation) return "running";
  let waits = false;
  for (const step of running) {
    for (const { status, dueAt } of state.units[step] ?? []) {
      if (status === "succeeded" || status === "failed") continue;
      if (status !== "waiting" || dueAt !== undefined) return "running";
      waits = true;
    }
  }
  return waits ? "waiting" : "running";
}
