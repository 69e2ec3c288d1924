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

type StepEvent = Extract<FlowEvent, { readonly step: string }>;

/** As much of a state as one event of a step looks at. */
export type Seen = Pick<FlowState, "steps" | "stopping">;

/** What one event of a step changes: the step's own state, and why the flow stops, where it does. */
export interface Changed {
  readonly step: StepState;
  readonly stopping?: Stopping;
}

/**
 * The state after one event. Events may arrive twice: what has ended stays as it ended, and a running
 * step that starts again was handed to another worker. Throws `conflict` for an event that cannot
 * have happened, as a start before the steps waited for have ended.
 */
export function reduceFlow(flow: Reducible, state: FlowState, event: FlowEvent): FlowState {
  if (event.kind === "cancelled") return stop(state, { reason: "cancelled", at: event.at });
  if (event.kind === "timedOut") return stop(state, { reason: "timed_out", at: event.at });
  const changed = reduceStep(flow, state, event);
  if (changed === undefined) return state;
  const { step, stopping } = changed;
  const after = { ...state, steps: { ...state.steps, [event.step]: step } };
  return stopping === undefined ? after : stop(after, stopping);
}

/** The same for an event of one step, of whose graph nothing is copied; undefined where it changes nothing. */
export function reduceStep(flow: Reducible, seen: Seen, event: StepEvent): Changed | undefined {
  const step = flow.steps.get(event.step);
  const before = seen.steps[event.step];
  if (step === undefined || before === undefined) {
    throw new TrestleError("conflict", `${event.kind}: this flow has no step "${event.step}"`);
  }
  if (hasEnded(before)) return undefined;
  switch (event.kind) {
    case "stepStarted":
      return { step: start(seen, step, before, event.at) };
    case "stepSucceeded": {
      if (before.status !== "running") throw impossible(event, "has not started");
      const { startedAt } = before;
      return {
        step: { status: "succeeded", startedAt, endedAt: event.at, result: event.result },
      };
    }
    case "stepFailed":
      return fail(flow, seen, before, event);
    case "stepSkipped": {
      if (before.status !== "pending") throw impossible(event, "is running");
      const { at, cause, reason } = event;
      return { step: { status: "skipped", endedAt: at, cause, reason } };
    }
  }
}

function start(seen: Seen, step: CompiledStep, before: StepState, at: number): StepState {
  const event = { kind: "stepStarted", step: step.id };
  if (before.status === "running") return { ...before, attempt: before.attempt + 1 };
  if (seen.stopping !== undefined) throw impossible(event, "may not start: the flow is stopping");
  const early = step.waitsFor.find((id) => !hasEnded(seen.steps[id]));
  if (early !== undefined) throw impossible(event, `waits for "${early}", which has not ended`);
  return { status: "running", startedAt: at, attempt: 1 };
}

function fail(
  flow: Reducible,
  { stopping }: Seen,
  before: StepState,
  { step, at, error }: FlowEvent & { kind: "stepFailed" },
): Changed {
  const wasCancelled =
    before.status === "running" && stopping !== undefined && cancelledCodes.includes(error.code);
  const after: StepState = {
    status: wasCancelled ? "cancelled" : "failed",
    ...(before.status === "running" ? { startedAt: before.startedAt } : {}),
    endedAt: at,
    error,
  };
  const endsAll = flow.plan.failFast && flow.steps.get(step)?.onError === "fail" && !wasCancelled;
  return endsAll ? { step: after, stopping: { reason: "failed", step, at } } : { step: after };
}

/** The first reason stands. A flow whose steps have all ended has nothing to stop. */
function stop(state: FlowState, stopping: Stopping): FlowState {
  if (state.stopping !== undefined) return state;
  if (stopping.reason !== "failed" && Object.values(state.steps).every(hasEnded)) return state;
  return { ...state, stopping };
}

function impossible(event: { kind: string; step: string }, problem: string): TrestleError {
  return new TrestleError("conflict", `${event.kind}: step "${event.step}" ${problem}`);
}
