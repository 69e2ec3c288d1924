import type { JsonObject, JsonValue } from "@trestle/protocol";
import type { CompiledStep } from "./compile.ts";
import { conditionReferences } from "./condition.ts";
import { createFlow, type Flow } from "./flow.ts";
import { rankSteps } from "./graph.ts";
import { scopeAt } from "./next.ts";
import { fillKnown, lookUp } from "./resolve.ts";
import type { ChainLimits } from "./run-chain.ts";
import { parsePlan } from "./schema.ts";
import type { FlowState } from "./state.ts";
import { referencesOf } from "./template.ts";

export interface ChainPlan {
  readonly chain_name: string;
  readonly dry_run: true;
  readonly mode: "ordered" | "dag";
  readonly total_steps: number;
  /** Ids of steps that may run at once, rank after rank. */
  readonly ranks: readonly (readonly string[])[];
  readonly steps: readonly PlannedCall[];
}

export interface PlannedCall {
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  /** With every value that is known before the first call; other references stand as written. */
  readonly arguments: JsonValue;
  readonly waits_for: readonly string[];
  readonly when?: string;
  /** References that only the run itself can answer. */
  readonly unresolved: readonly string[];
}

export interface DryRunOptions {
  readonly input?: JsonObject;
  readonly metadata?: JsonObject;
  readonly limits?: ChainLimits;
}

/** Checks a chain as `runChain` does, fills in what is known, and says what would be called. Calls nothing. */
export function dryRunChain(definition: unknown, options: DryRunOptions = {}): ChainPlan {
  const flow = createFlow(parsePlan(definition, options.limits));
  const state = flow.begin({ input: options.input ?? {}, metadata: options.metadata ?? {} });
  const steps = [...flow.steps.values()];
  return {
    chain_name: flow.plan.name,
    dry_run: true,
    mode: flow.plan.mode,
    total_steps: steps.length,
    ranks: rankSteps(steps),
    steps: steps.map((step) => toPlannedCall(flow, state, step)),
  };
}

function toPlannedCall(flow: Flow, state: FlowState, step: CompiledStep): PlannedCall {
  const scope = scopeAt(flow, state, step.position);
  const { needed, asked } = step.condition ? conditionReferences(step.condition) : noReferences;
  const references = [...referencesOf(step.template), ...needed, ...asked];
  const unresolved = references.filter((each) => lookUp(each, scope).kind === "missing");
  return {
    id: step.id,
    server: step.server,
    tool: step.tool,
    arguments: fillKnown(step.template, scope),
    waits_for: step.waitsFor,
    ...(step.when === undefined ? {} : { when: step.when }),
    unresolved: [...new Set(unresolved.map(({ text }) => text))],
  };
}

const noReferences = { needed: [], asked: [] };
