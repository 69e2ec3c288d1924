import { type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { scopeAt } from "../next.ts";
import { reduceFlow, reduceStep } from "../reduce.ts";
import { fillOrNull } from "../resolve.ts";
import type { FlowEvent } from "../state.ts";
import { createFrontier } from "./frontier.ts";
import type { RunParts } from "./parts.ts";
import { applyToUnit, beginUnits } from "./progress.ts";
import { retrySteps } from "./retry-steps.ts";
import { settle } from "./settle.ts";
import type { RunEvent, RunState } from "./state.ts";
import type { Settled } from "./turn.ts";
import { undoList } from "./undo.ts";
import type { Workflow } from "./workflow.ts";

/**
 * The state of one run, folded in place: a graph of ten thousand steps must not be copied for each event.
 * No time, no chance, no I/O: the same events in the same order always give the same state.
 */
export interface Run {
  readonly workflow: Workflow;
  readonly state: RunState;
  /** Steps that have started and not ended. */
  readonly running: ReadonlySet<string>;
  /**
   * False for an event that changes nothing, as one told twice or one of an attempt that has been given up.
   * Throws `conflict` for what cannot have happened.
   */
  apply(event: RunEvent): boolean;
  /** Its `output`, with null for what never came to be; the results of all steps where it names none. */
  output(): JsonValue;
  /** Applies whatever follows by itself at this moment, and says what is left to do. */
  settle(now: number): Settled;
}

/** A run before its first event. `values` are those of the roots: `input` is merged over the plan's. */
export function beginRun(
  workflow: Workflow,
  { values, at, seed }: { readonly values: JsonObject; readonly at: number; readonly seed: number },
): Run {
  const { plan, flow } = workflow;
  const { values: merged, steps } = flow.begin(values);
  return resumeRun(workflow, {
    startedAt: at,
    seed,
    values: merged,
    // Its own to change.
    steps: { ...steps },
    units: {},
    signals: [],
    ...(plan.timeoutMs === undefined ? {} : { deadline: at + plan.timeoutMs }),
  });
}

/** Goes on with a state that was kept. The run owns it from now on. */
export function resumeRun(workflow: Workflow, state: RunState): Run {
  const parts: RunParts = {
    workflow,
    state,
    frontier: createFrontier(workflow, state),
  };
  const apply = (event: RunEvent) => applyEvent(parts, event);
  return {
    workflow,
    state,
    running: parts.frontier.running,
    apply,
    output: () => outputOf(parts),
    settle: (now) => settle(parts, apply, now),
  };
}

function applyEvent(parts: RunParts, event: RunEvent): boolean {
  const { state } = parts;
  switch (event.kind) {
    case "stepStarted":
    case "stepSucceeded":
    case "stepFailed":
    case "stepSkipped":
      return applyToStep(parts, event);
    case "cancelled":
    case "timedOut":
      return stop(parts, event);
    case "signalled":
      state.signals.push({ name: event.name, payload: event.payload, at: event.at });
      return true;
    case "paused":
    case "resumed":
      return pause(state, event.kind === "paused");
    case "stepsRetried":
      return retrySteps(parts, event);
    case "compensationStarted":
      if (state.compensation !== undefined) return false;
      state.compensation = { left: undoList(parts), undone: [] };
      return true;
    case "ended":
      if (state.ended !== undefined) return false;
      state.ended = { outcome: event.outcome, at: event.at };
      return true;
    default:
      return applyToUnit(parts, event);
  }
}

function applyToStep(
  parts: RunParts,
  event: Extract<FlowEvent, { readonly step: string }>,
): boolean {
  const { workflow, state, frontier } = parts;
  const step = workflow.flow.steps.get(event.step);
  const before = state.steps[event.step];
  if (step === undefined || before === undefined)
    throw new TrestleError("conflict", `This workflow has no step "${event.step}"`);
  const changed = reduceStep(workflow.flow, state, event);
  if (changed === undefined) return false;
  const { step: now, stopping } = changed;
  state.steps[step.id] = now;
  if (stopping) state.stopping ??= stopping;
  if (event.kind === "stepStarted" && before.status === "pending") beginUnits(parts, step.id);
  frontier.move(step.id, now);
  return true;
}

function stop({ workflow, state }: RunParts, event: FlowEvent): boolean {
  const after = reduceFlow(workflow.flow, state, event);
  if (after.stopping === state.stopping || after.stopping === undefined) return false;
  state.stopping = after.stopping;
  return true;
}

function pause(state: RunState, paused: boolean): boolean {
  if ((state.paused ?? false) === paused || state.ended) return false;
  if (paused) state.paused = true;
  else delete state.paused;
  return true;
}

function outputOf({ workflow: { output, flow }, state }: RunParts): JsonValue {
  if (output !== undefined) return fillOrNull(output, scopeAt(flow, state, flow.steps.size));
  return Object.fromEntries(
    Object.entries(state.steps).flatMap(([id, step]) =>
      step.status === "succeeded" ? [[id, step.result]] : [],
    ),
  );
}
