import type { RunParts } from "./parts.ts";
import type { Compensation, RunState } from "./state.ts";
import { newUnit } from "./units.ts";
import type { Workflow } from "./workflow.ts";

/** Does this run have to undo what it did? Where a step failed that says so, once everything has ended. */
export function mustUndo(workflow: Workflow, { steps, stopping }: RunState): boolean {
  if (stopping?.reason !== "failed") return false;
  return [...workflow.steps.values()].some(
    ({ id, onError }) => onError === "compensate" && steps[id]?.status === "failed",
  );
}

/** Everything that succeeded and says how it is undone, what ended last first. */
export function undoList({ workflow, state }: RunParts): Compensation["left"] {
  const undoable = [...workflow.steps.values()]
    .filter(({ compensate }) => compensate !== undefined)
    .map(({ id }, position) => ({ id, position, endedAt: endOf(state, id) }))
    .filter((step): step is typeof step & { endedAt: number } => step.endedAt !== undefined)
    .sort((a, b) => b.endedAt - a.endedAt || b.position - a.position);
  return undoable.flatMap(({ id }) =>
    (state.units[id] ?? []).map((_, unit) => ({ step: id, unit, work: newUnit() })).reverse(),
  );
}

function endOf({ steps }: RunState, id: string): number | undefined {
  const step = steps[id];
  return step?.status === "succeeded" ? step.endedAt : undefined;
}
