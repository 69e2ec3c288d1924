import { isJsonObject, type JsonObject, TrestleError } from "@trestle/protocol";
import { type CompiledStep, compilePlan } from "./compile.ts";
import { refuseInputs } from "./declared-inputs.ts";
import { nextCommands, outcomeOf } from "./next.ts";
import { reduceFlow } from "./reduce.ts";
import { DEFAULT_ROOTS, didYouMean, type Roots } from "./references.ts";
import type { Plan } from "./schema.ts";
import {
  type FlowCommand,
  type FlowEvent,
  type FlowOutcome,
  type FlowState,
  initialState,
} from "./state.ts";

/**
 * A plan ready to run. Pure: no time, no I/O, nothing kept between calls. Chains keep the state in
 * memory; a durable run folds it from its log of events.
 */
export interface Flow {
  readonly plan: Plan;
  readonly roots: Roots;
  readonly steps: ReadonlyMap<string, CompiledStep>;
  /** The state before anything happened. `values` are those of the roots: `input` is merged over the plan's. */
  begin(values?: JsonObject): FlowState;
  reduce(state: FlowState, event: FlowEvent): FlowState;
  next(state: FlowState): FlowCommand[];
  /**
   * Records every skip and every step that cannot start, until only starts, cancels and the finish
   * are left for the driver.
   */
  settle(state: FlowState, at: number): Settled;
  outcome(state: FlowState): FlowOutcome;
}

export interface Settled {
  readonly state: FlowState;
  /** What was recorded on the way, in order: a durable run appends them to its log. */
  readonly events: readonly FlowEvent[];
  readonly commands: readonly FlowCommand[];
}

/** Throws `invalid_input` naming step and key where references or dependencies of the plan cannot hold. */
export function createFlow(plan: Plan, roots: Roots = DEFAULT_ROOTS): Flow {
  const steps = new Map(compilePlan(plan, roots).map((step) => [step.id, step]));
  const { steps: pending } = initialState([...steps.keys()], {});
  const flow: Flow = {
    plan,
    roots,
    steps,
    begin: (values = {}) => ({ values: mergeValues(plan, roots, values), steps: pending }),
    reduce: (state, event) => reduceFlow(flow, state, event),
    next: (state) => nextCommands(flow, state),
    settle: (state, at) => settle(flow, state, at),
    outcome: (state) => outcomeOf(flow, state),
  };
  return flow;
}

function settle(flow: Flow, from: FlowState, at: number): Settled {
  const events: FlowEvent[] = [];
  let state = from;
  for (;;) {
    const commands = flow.next(state);
    const due = commands.flatMap((command) => toEvent(command, at));
    if (due.length === 0) return { state, events, commands };
    for (const event of due) state = flow.reduce(state, event);
    events.push(...due);
  }
}

function toEvent(command: FlowCommand, at: number): FlowEvent[] {
  switch (command.kind) {
    case "skip":
      return [{ ...command, kind: "stepSkipped", at }];
    case "fail":
      return [{ ...command, kind: "stepFailed", at }];
    default:
      return [];
  }
}

function mergeValues(plan: Plan, roots: Roots, values: JsonObject): JsonObject {
  const given = values[roots.input] ?? {};
  if (!isJsonObject(given)) {
    throw new TrestleError("invalid_input", `${roots.input} must be an object of names and values`);
  }
  const { needed = [], types = {} } = plan.declared ?? {};
  const declared = [...Object.keys(plan.input), ...needed];
  for (const name of Object.keys(given)) {
    if (declared.includes(name)) continue;
    throw new TrestleError(
      "invalid_input",
      `input "${name}" is not declared${didYouMean(name, declared)}`,
    );
  }
  const input = { ...plan.input, ...given };
  refuseInputs(input, { needed, types });
  return { ...values, [roots.input]: input };
}
