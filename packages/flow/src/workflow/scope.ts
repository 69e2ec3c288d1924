import { isTrestleError, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import type { CompiledPart } from "../compile.ts";
import { evaluate } from "../evaluate.ts";
import { scopeAt } from "../next.ts";
import { fill, type Scope } from "../resolve.ts";
import type { StepError } from "../state.ts";
import type { RunState } from "./state.ts";
import type { Workflow } from "./workflow.ts";

export interface Where {
  readonly workflow: Workflow;
  readonly state: RunState;
  readonly step: string;
  /** `item`, `index`, `result`: what only this piece of work knows. */
  readonly locals: JsonObject;
}

/** Fills one part of a running step, as its arguments. Throws `invalid_input` that names what has no value. */
export function fillPart(where: Where, name: string): JsonValue {
  const part = partOf(where, name);
  if (part.kind !== "value") throw new TrestleError("internal", `${name} is a condition`);
  return fill(part.template, scopeOf(where));
}

export function testPart(where: Where, name: string): boolean {
  const part = partOf(where, name);
  if (part.kind !== "condition") throw new TrestleError("internal", `${name} is no condition`);
  return evaluate(part.condition, scopeOf(where));
}

/** What a step fails with where its own words cannot be filled; everything else is a fault of ours. */
export function toStepError(step: string, error: unknown): StepError {
  if (!isTrestleError(error) || error.code !== "invalid_input") throw error;
  return { code: "invalid_input", message: `Step "${step}": ${error.message}` };
}

function partOf({ workflow, step }: Where, name: string): CompiledPart {
  const part = workflow.flow.steps.get(step)?.laterParts.get(name);
  if (part === undefined) throw new TrestleError("internal", `Step "${step}" has no ${name}`);
  return part;
}

function scopeOf({ workflow: { flow }, state, step, locals }: Where): Scope {
  const scope = scopeAt(flow, state, flow.steps.get(step)?.position ?? 0);
  return { ...scope, values: { ...scope.values, ...locals } as Scope["values"] };
}
