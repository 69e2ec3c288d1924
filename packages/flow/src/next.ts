import { isJsonObject, isTrestleError, type JsonObject, TrestleError } from "@trestle/protocol";
import type { CompiledStep } from "./compile.ts";
import { evaluate } from "./evaluate.ts";
import type { Roots } from "./references.ts";
import { fill, type Lookup, type Scope } from "./resolve.ts";
import type { Plan } from "./schema.ts";
import { type FlowCommand, type FlowOutcome, type FlowState, hasEnded } from "./state.ts";

/** As much of a plan as its next commands need. */
export interface Steerable {
  readonly steps: ReadonlyMap<string, CompiledStep>;
  readonly plan: Pick<Plan, "concurrency">;
  readonly roots: Roots;
}

/** What is to be done now, in the order of the plan. Nothing, while everything left is running. */
export function nextCommands(flow: Steerable, state: FlowState): FlowCommand[] {
  const steps = [...flow.steps.values()];
  if (steps.every(({ id }) => hasEnded(state.steps[id]))) {
    return [{ kind: "finish", outcome: outcomeOf(flow, state) }];
  }
  if (state.stopping !== undefined) return steps.flatMap((step) => stopStep(step, state));
  const running = steps.filter(({ id }) => state.steps[id]?.status === "running").length;
  let free = flow.plan.concurrency - running;
  const commands: FlowCommand[] = [];
  for (const step of steps) {
    if (free <= 0) break;
    if (!isReady(step, state)) continue;
    const command = decide(flow, state, step);
    if (command.kind === "start") free -= 1;
    commands.push(command);
  }
  return commands;
}

/** How a flow has ended, or would if it ended now. */
export function outcomeOf(flow: Steerable, state: FlowState): FlowOutcome {
  if (state.stopping !== undefined) return state.stopping.reason;
  const hasFailed = [...flow.steps.values()].some(
    ({ id, onError }) => onError === "fail" && state.steps[id]?.status === "failed",
  );
  return hasFailed ? "failed" : "succeeded";
}

/** What references see at this moment, as the step at `position` sees it. */
export function scopeAt(flow: Steerable, state: FlowState, position: number): Scope {
  return {
    roots: flow.roots,
    values: state.values as Scope["values"],
    result: (id) => resultOf(state, id),
    lastResult: () => lastResult(flow, state, position),
  };
}

function stopStep({ id }: CompiledStep, state: FlowState): FlowCommand[] {
  const status = state.steps[id]?.status;
  if (status === "running") return [{ kind: "cancel", step: id }];
  if (status !== "pending") return [];
  return [{ kind: "skip", step: id, cause: "stopped", reason: whyStopped(state) }];
}

export function whyStopped({ stopping }: FlowState): string {
  if (stopping?.reason === "failed") return `step "${stopping.step}" failed`;
  return stopping?.reason === "timed_out" ? "the time was up" : "it was cancelled";
}

function isReady({ id, waitsFor }: CompiledStep, state: FlowState): boolean {
  return (
    state.steps[id]?.status === "pending" && waitsFor.every((other) => hasEnded(state.steps[other]))
  );
}

/** What becomes of a step whose time has come: it starts, is skipped or fails. */
export function decide(
  flow: Steerable,
  state: FlowState,
  step: CompiledStep,
): FlowCommand & { readonly kind: "start" | "skip" | "fail" } {
  const blocked = blockedBy(flow, state, step);
  if (blocked !== undefined) {
    return { kind: "skip", step: step.id, cause: "dependency", reason: blocked };
  }
  const scope = scopeAt(flow, state, step.position);
  try {
    if (step.condition !== undefined && !evaluate(step.condition, scope)) {
      const reason = `its condition is false: ${step.when}`;
      return { kind: "skip", step: step.id, cause: "condition", reason };
    }
    return { kind: "start", step: step.id, arguments: toArguments(fill(step.template, scope)) };
  } catch (error) {
    if (!isTrestleError(error)) throw error;
    const message = `Step "${step.id}": ${error.message}`;
    return { kind: "fail", step: step.id, error: { code: "invalid_input", message } };
  }
}

function toArguments(value: unknown): JsonObject {
  if (isJsonObject(value)) return value;
  throw new TrestleError("internal", "arguments are always an object");
}

/** Why the step has nothing to work on; undefined where it has. */
function blockedBy(flow: Steerable, state: FlowState, step: CompiledStep): string | undefined {
  for (const id of step.needsResultOf) {
    const found = resultOf(state, id);
    if (found.kind === "missing") return found.why;
  }
  for (const id of step.needsEndOf) {
    const other = state.steps[id];
    const isTolerated = other?.status === "failed" && flow.steps.get(id)?.onError === "continue";
    if (other?.status !== "succeeded" && !isTolerated) return `step "${id}" ${endOf(state, id)}`;
  }
  if (!step.needsLastResult) return undefined;
  const last = lastResult(flow, state, step.position);
  return last.kind === "missing" ? last.why : undefined;
}

function resultOf(state: FlowState, id: string): Lookup {
  const step = state.steps[id];
  if (step?.status === "succeeded") return { kind: "value", value: step.result };
  return { kind: "missing", why: `step "${id}" ${endOf(state, id)}` };
}

/**
 * The result of the step before. One that its own condition skipped, or that failed with `continue`,
 * counts as if it had not been there; behind any other gap an older result would be the wrong one.
 */
function lastResult(flow: Steerable, state: FlowState, position: number): Lookup {
  const before = [...flow.steps.values()].slice(0, position).reverse();
  for (const { id, onError } of before) {
    const step = state.steps[id];
    const isAbsent =
      (step?.status === "skipped" && step.cause === "condition") ||
      (step?.status === "failed" && onError === "continue");
    if (!isAbsent) return resultOf(state, id);
  }
  return { kind: "missing", why: "no step before it has a result" };
}

function endOf(state: FlowState, id: string): string {
  const step = state.steps[id];
  switch (step?.status) {
    case "skipped":
      return "was skipped";
    case "failed":
      return "failed";
    case "cancelled":
      return "was cancelled";
    default:
      return "has not ended";
  }
}
