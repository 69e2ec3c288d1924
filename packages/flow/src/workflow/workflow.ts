import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { createFlow, type Flow } from "../flow.ts";
import { DEFAULT_ROOTS } from "../references.ts";
import type { LaterPart, Plan, PlannedStep } from "../schema.ts";
import { parseTemplate, type Template } from "../template.ts";
import type { WorkflowPlan, WorkflowStep } from "./plan.ts";

/** A plan whose references are all known to be possible, ready for any number of runs. */
export interface Workflow {
  readonly plan: WorkflowPlan;
  /** Its graph: the same rules that chains run by. */
  readonly flow: Flow;
  readonly steps: ReadonlyMap<string, WorkflowStep>;
  /** Of each step, those that wait for it. */
  readonly dependants: ReadonlyMap<string, readonly string[]>;
  readonly output?: Template;
}

/** The names of what is filled while a step runs, as messages show them. */
export const PART = {
  input: "arguments",
  condition: "condition",
  until: "until",
  compensate: "compensate",
} as const;

/** Throws `invalid_input` naming step and key where references or dependencies of the plan cannot hold. */
export function createWorkflow(plan: WorkflowPlan): Workflow {
  const flow = createFlow(toFlowPlan(plan));
  const stepIds = plan.steps.map(({ id }) => id);
  const names = { inputs: Object.keys(plan.input), stepIds, roots: DEFAULT_ROOTS };
  const dependants = new Map<string, string[]>(stepIds.map((id) => [id, []]));
  for (const { id, waitsFor } of flow.steps.values())
    for (const other of waitsFor) dependants.get(other)?.push(id);
  return {
    plan,
    flow,
    steps: new Map(plan.steps.map((step) => [step.id, step])),
    dependants,
    ...(plan.output === undefined
      ? {}
      : { output: parseTemplate(plan.output, "The workflow, output", names) }),
  };
}

function toFlowPlan({ name, input, mode, steps }: WorkflowPlan): Plan {
  return {
    name,
    input,
    mode,
    steps: steps.map(toPlannedStep),
    concurrency: Number.POSITIVE_INFINITY,
    failFast: true,
  };
}

/** A step knows its items when it starts, and the rest when an item's turn comes. */
function toPlannedStep(step: WorkflowStep): PlannedStep {
  const { id, dependsOn, when, onError, work, forEach } = step;
  return {
    id,
    server: work.kind === "task" ? work.server : "",
    tool: work.kind === "task" ? work.tool : work.kind,
    arguments: forEach === undefined ? {} : { forEach },
    dependsOn,
    ...(when === undefined ? {} : { when }),
    onError: onError === "compensate" ? "fail" : onError,
    later: laterPartsOf(step),
  };
}

function laterPartsOf({
  work,
  forEach,
  until,
  compensate,
}: WorkflowStep): Record<string, LaterPart> {
  const locals = forEach === undefined ? [] : ["item", "index"];
  const afterwards = [...locals, "result"];
  return {
    ...(work.kind === "condition"
      ? { [PART.condition]: { condition: work.condition, locals } }
      : { [PART.input]: { value: inputOf(work), locals } }),
    ...(until ? { [PART.until]: { condition: until.condition, locals: afterwards } } : {}),
    ...(compensate
      ? { [PART.compensate]: { value: compensate.arguments, locals: afterwards } }
      : {}),
  };
}

function inputOf(work: WorkflowStep["work"]): JsonValue {
  switch (work.kind) {
    case "task":
      return work.arguments;
    case "workflow":
      return work.input;
    case "approval":
      return work.message;
    case "wait":
      return work.for;
    default:
      return {};
  }
}

/** An object, where a template can give nothing else. */
export function asObject(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
