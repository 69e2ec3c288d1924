import type { RunState } from "@trestle/flow";
import type { StoredRun } from "../runs/run-store.ts";

/** A run as people see it. */
export interface RunView extends Omit<StoredRun, "events" | "snapshot"> {
  readonly state: RunState;
}

export function toView(stored: StoredRun, state: RunState): RunView {
  const { events: _events, snapshot: _snapshot, ...facts } = stored;
  return { ...facts, state };
}
