import { TrestleError } from "@trestle/protocol";
import type { CompiledStep } from "./compile.ts";
import type { Plan } from "./schema.ts";
import {
  type FlowEvent,
  type FlowState,
  hasEnded,
  type StepState,
  type Stopping,
} from "./state.ts";

/** As much of a plan as its reducer needs. */
export interface Reducible {
  readonly steps: ReadonlyMap<string, CompiledStep>;
  readonly plan: Pick<Plan, "failFast">;
}

/** Codes with which a call ends that was cancelled while the flow was stopping. */
const cancelledCodes: readonly string[] = ["cancelled", "timeout", "outcome_unknown"];

/**
 * The state after one event. Events may arrive twice: what has ended stays as it ended, and a running
 * step that starts again was handed to another worker. Throws `conflict` for an event that cannot
 * have happened, as a start before the steps waited for have ended.
 */
export function reduceFlow(flow: Reducible, state: FlowState, event: FlowEvent): FlowState {
  if (event.kind === "cancelled") return stop(state, { reason: "cancelled", at: event.at });
  if (event.kind === "timedOut") return stop(state, { reason: "timed_out", at: event.at });
  const step = flow.steps.get(event.step);
  const before = state.steps[event.step];
  if (step === undefined || before === undefined) {
    throw new TrestleError("conflict", `${event.kind}: this flow has no step "${event.step}"`);
  }
  if (hasEnded(before)) return state;
  switch (event.kind) {
    case "stepStarted":
      return start(state, step, event.at);
    case "stepSucceeded":
      if (before.status !== "running") throw impossible(event, "has not started");
      return withStep(state, step.id, {
        status: "succeeded",
        startedAt: before.startedAt,
        endedAt: event.at,
        result: event.result,
      });
    case "stepFailed":
      return fail(flow, state, event);
    case "stepSkipped":
      if (before.status !== "pending") throw impossible(event, "is running");
      return withStep(state, step.id, {
        status: "skipped",
        endedAt: event.at,
        cause: event.cause,
        reason: event.reason,
      });
  }
}

function start(state: FlowState, step: CompiledStep, at: number): FlowState {
  const before = state.steps[step.id];
  const event = { kind: "stepStarted", step: step.id };
  if (before?.status === "running") {
    return withStep(state, step.id, { ...before, attempt: before.attempt + 1 });
  }
  if (state.stopping !== undefined) throw impossible(event, "may not start: the flow is stopping");
  const early = step.waitsFor.find((id) => !hasEnded(state.steps[id]));
  if (early !== undefined) throw impossible(event, `waits for "${early}", which has not ended`);
  return withStep(state, step.id, { status: "running", startedAt: at, attempt: 1 });
}

function fail(
  flow: Reducible,
  state: FlowState,
  { step, at, error }: FlowEvent & { kind: "stepFailed" },
): FlowState {
  const before = state.steps[step];
  const wasCancelled =
    before?.status === "running" &&
    state.stopping !== undefined &&
    cancelledCodes.includes(error.code);
  const after = withStep(state, step, {
    status: wasCancelled ? "cancelled" : "failed",
    ...(before?.status === "running" ? { startedAt: before.startedAt } : {}),
    endedAt: at,
    error,
  });
  const endsAll = flow.plan.failFast && flow.steps.get(step)?.onError === "fail" && !wasCancelled;
  return endsAll ? stop(after, { reason: "failed", step, at }) : after;
}

/** The first reason stands. A flow whose steps have all ended has nothing to stop. */
function stop(state: FlowState, stopping: Stopping): FlowState {
  if (state.stopping !== undefined) return state;
  if (stopping.reason !== "failed" && Object.values(state.steps).every(hasEnded)) return state;
  return { ...state, stopping };
}

function withStep(state: FlowState, id: string, step: StepState): FlowState {
  return { ...state, steps: { ...state.steps, [id]: step } };
}

function impossible(event: { kind: string; step: string }, problem: string): TrestleError {
  return new TrestleError("conflict", `${event.kind}: step "${event.step}" ${problem}`);
}
