import type { Retry, Work, WorkflowPlan, WorkflowStep } from "@trestle/flow";
import { isJsonObject, type JsonObject, TrestleError } from "@trestle/protocol";
import type { StepDefinition, WorkflowDefinition } from "./schema.ts";

const plans = new WeakMap<WorkflowDefinition, WorkflowPlan>();

/**
 * The plan of a definition, after its defaults; made once, so that its runs share what is derived from it. Throws
 * `invalid_input` where a step lacks what its type needs, or says what its type does not know.
 */
export function toPlan(definition: WorkflowDefinition): WorkflowPlan {
  const known = plans.get(definition);
  if (known !== undefined) return known;
  const plan = makePlan(definition);
  plans.set(definition, plan);
  return plan;
}

function makePlan(definition: WorkflowDefinition): WorkflowPlan {
  const steps = definition.steps.map(toStep);
  refuseDuplicates(steps);
  const { id, maxConcurrency, timeout, output } = definition;
  const isDag = definition.parallel ?? steps.some(({ dependsOn }) => dependsOn.length > 0);
  return {
    name: id,
    input: declaredInput(definition),
    mode: isDag ? "dag" : "ordered",
    steps,
    maxConcurrency,
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(output === undefined ? {} : { output }),
  };
}

/** Declared names with their defaults, from a JSON Schema or from plain names and values. */
function declaredInput({ input = {} }: WorkflowDefinition): JsonObject {
  if (!isJsonSchema(input)) return input;
  const properties = isJsonObject(input.properties) ? input.properties : {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      isJsonObject(schema) && schema.default !== undefined ? schema.default : null,
    ]),
  );
}

/** The JSON Schema of a workflow's input, where it has one. */
export function inputSchemaOf({ input }: WorkflowDefinition): JsonObject | undefined {
  return input !== undefined && isJsonSchema(input) ? input : undefined;
}

/** `type: object` beside `properties` is a schema; a workflow with two inputs of these names has to write one. */
function isJsonSchema(input: JsonObject): boolean {
  return input.type === "object" && isJsonObject(input.properties);
}

/** Which words each type of step knows, beside those that all know. */
const WORDS: Readonly<Record<StepDefinition["type"], readonly (keyof StepDefinition)[]>> = {
  task: ["server", "tool", "arguments", "forEach", "retry", "until", "compensate"],
  map: ["server", "tool", "workflow", "arguments", "forEach", "retry", "until", "compensate"],
  workflow: ["workflow", "arguments", "forEach", "retry"],
  condition: ["condition", "otherwise"],
  approval: ["message"],
  wait: ["for", "signal"],
};

const OWN_WORDS = [...new Set(Object.values(WORDS).flat())];

function toStep(definition: StepDefinition, index: number): WorkflowStep {
  const id = definition.id ?? `step_${index + 1}`;
  const step = { ...definition, ...argumentsOf(definition, id) };
  for (const word of OWN_WORDS) {
    if (step[word] === undefined || WORDS[step.type].includes(word)) continue;
    throw bad(id, word, `means nothing to a step of type ${step.type}`);
  }
  if (step.type === "map" && step.forEach === undefined) {
    throw bad(id, "forEach", "is missing; a map needs a list to work through");
  }
  const { when, onError, dependsOn = [], timeout, until, compensate, forEach } = step;
  return {
    id,
    dependsOn,
    onError,
    work: workOf(step, id),
    retry: retryOf(step),
    ...(when === undefined ? {} : { when }),
    ...(forEach === undefined ? {} : { forEach }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(compensate === undefined ? {} : { compensate }),
    ...(until === undefined
      ? {}
      : {
          until: {
            condition: until.condition,
            intervalMs: until.interval,
            timeoutMs: until.timeout,
          },
        }),
  };
}

function argumentsOf({ arguments: args, params }: StepDefinition, id: string) {
  if (args !== undefined && params !== undefined) {
    throw bad(id, "params", "is another word for arguments; give one of them");
  }
  const given = args ?? params;
  return given === undefined ? {} : { arguments: given };
}

function workOf(step: StepDefinition, id: string): Work {
  const need = (word: "server" | "tool" | "workflow" | "condition" | "message"): string =>
    step[word] ?? fail(id, word, `is missing; a step of type ${step.type} needs it`);
  const input = step.arguments ?? {};
  switch (step.type) {
    case "condition":
      return {
        kind: "condition",
        condition: need("condition"),
        ...(step.otherwise === undefined ? {} : { otherwise: step.otherwise }),
      };
    case "approval":
      return { kind: "approval", message: need("message") };
    case "wait":
      return waitOf(step, id);
    case "workflow":
      return { kind: "workflow", workflow: need("workflow"), input };
    case "map":
    case "task":
      if (step.workflow !== undefined && step.tool === undefined)
        return { kind: "workflow", workflow: step.workflow, input };
      return { kind: "task", server: need("server"), tool: need("tool"), arguments: input };
  }
}

function waitOf(step: StepDefinition, id: string): Work {
  if (step.signal !== undefined && step.for !== undefined)
    throw bad(id, "signal", "stands beside for; a wait ends with one of them (timeout bounds it)");
  if (step.signal !== undefined) return { kind: "signal", signal: step.signal };
  if (step.for !== undefined) return { kind: "wait", for: step.for };
  throw bad(id, "for", "is missing; a wait needs for (a time) or signal");
}

function retryOf({ retry }: StepDefinition): Retry {
  const { attempts, backoff, factor, maxBackoff } =
    typeof retry === "object"
      ? retry
      : { attempts: retry ?? 1, backoff: 1_000, factor: 2, maxBackoff: 60_000 };
  return { attempts, backoffMs: backoff, factor, maxBackoffMs: maxBackoff };
}

function refuseDuplicates(steps: readonly WorkflowStep[]): void {
  const seen = new Set<string>();
  for (const { id } of steps) {
    if (seen.has(id)) throw bad(id, "id", "names two steps; ids are unique");
    seen.add(id);
  }
}

function bad(step: string, word: string, problem: string): TrestleError {
  return new TrestleError("invalid_input", `Step "${step}", ${word}: ${problem}`);
}

function fail(step: string, word: string, problem: string): never {
  throw bad(step, word, problem);
}
