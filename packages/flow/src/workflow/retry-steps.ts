import { TrestleError } from "@trestle/protocol";
import type { StepState } from "../state.ts";
import type { RunParts } from "./parts.ts";
import type { RunEvent } from "./state.ts";

/**
 * Makes failed steps pending again, with all that was skipped because of them or because the run stopped. What
 * succeeded stays. Throws `conflict` where a step has not failed, or where the run has been undone.
 */
export function retrySteps(
  { workflow, state, frontier }: RunParts,
  { steps, at }: RunEvent & { readonly kind: "stepsRetried" },
): boolean {
  if (state.compensation !== undefined)
    throw new TrestleError("conflict", "This run has been undone; execute the workflow again");
  for (const id of steps) {
    const status = state.steps[id]?.status;
    if (status === "failed" || status === "cancelled" || status === "skipped") continue;
    throw new TrestleError("conflict", `Step "${id}" ${nameOf(status)}: there is nothing to retry`);
  }
  for (const [id, step] of Object.entries(state.steps)) {
    if (!steps.includes(id) && !wasDraggedAlong(step)) continue;
    state.steps[id] = { status: "pending" };
    for (const { size = 0 } of state.units[id] ?? []) state.kept = (state.kept ?? 0) - size;
    delete state.units[id];
  }
  delete state.stopping;
  delete state.ended;
  const { timeoutMs } = workflow.plan;
  if (timeoutMs !== undefined) state.deadline = at + timeoutMs;
  frontier.reset();
  return true;
}

/** It never had its chance: something before it failed, or everything was stopped. */
function wasDraggedAlong(step: StepState): boolean {
  return step.status === "cancelled" || (step.status === "skipped" && step.cause !== "condition");
}

function nameOf(status: string | undefined): string {
  return status === undefined ? "does not exist" : `is ${status}`;
}
