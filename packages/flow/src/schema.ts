import { type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { type DeclaredInputs, declaredInputs } from "./declared-inputs.ts";
import { createFields, type Fields } from "./fields.ts";
import { STEP_NAME } from "./references.ts";

/** A chain as a person or a model writes it. */
export interface ChainDefinition {
  readonly name: string;
  /** The declared inputs with their values; a run may give others for the same names. */
  readonly input?: JsonObject;
  /** What inputs there are, as JSON Schema: `properties` with `type` and `default`. Without a default a run must give one. */
  readonly inputSchema?: JsonObject;
  readonly steps: readonly StepDefinition[];
  /** True makes it a DAG; false lets a DAG run one step at a time. */
  readonly parallel?: boolean;
  /** True by default: the first failure cancels what runs and skips the rest. */
  readonly fail_fast?: boolean;
  /** Milliseconds for the whole chain. */
  readonly timeout?: number;
}

export interface StepDefinition {
  /** `step_1`, `step_2` … by default. */
  readonly id?: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments?: JsonObject;
  /** Another word for `arguments`. */
  readonly params?: JsonObject;
  readonly dependsOn?: readonly string[];
  /** The step is skipped where this is false. */
  readonly when?: string;
  readonly onError?: OnError;
}

/**
 * `fail`: the flow has failed. `continue`: the flow goes on as if the step had not been there.
 * `skip`: the flow goes on without the steps that depend on it.
 */
export type OnError = (typeof onErrorOptions)[number];
const onErrorOptions = ["fail", "continue", "skip"] as const;

/** A chain after its defaults: plain data, what the reducer runs. */
export interface Plan {
  readonly name: string;
  readonly input: JsonObject;
  /** Inputs without a value of their own, and what kind of value inputs take. */
  readonly declared?: DeclaredInputs;
  readonly mode: "ordered" | "dag";
  readonly steps: readonly PlannedStep[];
  /** Steps that may run at once. */
  readonly concurrency: number;
  readonly failFast: boolean;
  readonly timeoutMs?: number;
}

export interface PlannedStep {
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly dependsOn: readonly string[];
  readonly when?: string;
  readonly onError: OnError;
  /** What is filled while the step runs, when more is known than when it started. */
  readonly later?: Readonly<Record<string, LaterPart>>;
}

/**
 * A value or a condition of a running step. `locals` are the roots that only it knows, as `item` or `result`;
 * what it refers to elsewhere is waited for, as with arguments.
 */
export type LaterPart = { readonly locals: readonly string[] } & (
  | { readonly value: JsonValue }
  | { readonly condition: string }
);

export interface PlanLimits {
  /** Steps in one flow; 100 by default. */
  readonly steps?: number;
  /** Steps of a DAG that run at once; 8 by default. */
  readonly concurrency?: number;
}

const chainKeys = ["name", "input", "inputSchema", "steps", "parallel", "fail_fast", "timeout"];
const stepKeys = ["id", "server", "tool", "arguments", "params", "dependsOn", "when", "onError"];
const stepId = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/**
 * Checks the shape of a definition and applies its defaults. Throws `invalid_input` that names step
 * and key. What references and dependencies mean together is checked by `createFlow`.
 */
export function parsePlan(definition: unknown, limits: PlanLimits = {}): Plan {
  const fields = createFields(definition, "The chain");
  fields.allow(chainKeys);
  const steps = parseSteps(fields, limits.steps ?? 100);
  const parallel = fields.flag("parallel");
  const isDag = parallel === true || steps.some((step) => step.dependsOn.length > 0);
  const timeoutMs = fields.count("timeout");
  return {
    name: fields.needText("name"),
    ...parseInputs(fields),
    mode: isDag ? "dag" : "ordered",
    steps,
    concurrency: isDag && parallel !== false ? (limits.concurrency ?? 8) : 1,
    failFast: fields.flag("fail_fast") ?? true,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function parseInputs(fields: Fields): Pick<Plan, "input" | "declared"> {
  const given = fields.object("input") ?? {};
  const schema = fields.object("inputSchema");
  const declared =
    schema && declaredInputs(schema, (problem) => fields.fail("inputSchema", problem));
  const input = { ...declared?.defaults, ...given };
  for (const name of [...Object.keys(input), ...(declared?.needed ?? [])]) {
    if (!STEP_NAME.test(name) && name !== "__proto__") continue;
    throw fields.fail("input", `"${name}" has a meaning of its own; call this input otherwise`);
  }
  if (declared === undefined) return { input };
  const needed = declared.needed.filter((name) => !Object.hasOwn(given, name));
  return { input, declared: { needed, types: declared.types } };
}

function parseSteps(fields: Fields, most: number): PlannedStep[] {
  const list = fields.list("steps") ?? [];
  if (list.length === 0) throw fields.fail("steps", "needs at least one step");
  if (list.length > most) {
    throw fields.fail("steps", `at most ${most} steps, found ${list.length}; split the chain`);
  }
  const steps = list.map(parseStep);
  refuseDuplicates(steps);
  return steps;
}

function parseStep(value: JsonValue, index: number): PlannedStep {
  const fields = createFields(value, nameOfStep(value, index));
  fields.allow(stepKeys);
  const when = fields.text("when");
  return {
    id: parseId(fields, index),
    server: fields.needText("server"),
    tool: fields.needText("tool"),
    arguments: parseArguments(fields),
    dependsOn: parseDependencies(fields),
    ...(when === undefined ? {} : { when }),
    onError: fields.oneOf("onError", onErrorOptions) ?? "fail",
  };
}

function nameOfStep(value: JsonValue, index: number): string {
  const id = typeof value === "object" && value !== null && !Array.isArray(value) ? value.id : null;
  return typeof id === "string" ? `Step ${index + 1} ("${id}")` : `Step ${index + 1}`;
}

function parseId(fields: Fields, index: number): string {
  const own = `step_${index + 1}`;
  const id = fields.text("id") ?? own;
  if (!stepId.test(id)) {
    throw fields.fail("id", "expected a letter, then letters, digits, _ or -, 64 at most");
  }
  if (STEP_NAME.test(id) && id !== own) {
    throw fields.fail("id", `"${id}" means another step; leave it out or choose another`);
  }
  return id;
}

function parseArguments(fields: Fields): JsonObject {
  const args = fields.object("arguments");
  const params = fields.object("params");
  if (args !== undefined && params !== undefined) {
    throw fields.fail("params", "is another word for arguments; give one of them");
  }
  return args ?? params ?? {};
}

function parseDependencies(fields: Fields): string[] {
  const list = fields.list("dependsOn") ?? [];
  return list.map((id) => {
    if (typeof id === "string") return id;
    throw fields.fail("dependsOn", "expected ids of steps as texts");
  });
}

function refuseDuplicates(steps: readonly PlannedStep[]): void {
  const positions = new Map<string, number>();
  for (const [index, { id }] of steps.entries()) {
    const first = positions.get(id);
    positions.set(id, index);
    if (first === undefined) continue;
    const problem = `is the id of step ${first + 1} too; ids are unique`;
    throw new TrestleError("invalid_input", `Step ${index + 1}, id: "${id}" ${problem}`);
  }
}
