import { isJsonObject, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { scopeAt } from "../next.ts";
import { fill } from "../resolve.ts";
import type { Frontier } from "./frontier.ts";
import type { RunState, Unit } from "./state.ts";
import type { Workflow } from "./workflow.ts";

/** What belongs to one run. */
export interface RunParts {
  readonly workflow: Workflow;
  readonly state: RunState;
  readonly frontier: Frontier;
}

/** One piece of work and the step that it belongs to. */
export interface Piece {
  readonly step: string;
  readonly index: number;
  readonly unit: Unit;
}

/** The items that a step works through, in order; undefined where it has no `forEach`. */
export function itemsOf(parts: RunParts, step: string): readonly JsonValue[] | undefined {
  const { workflow, state, frontier } = parts;
  if (workflow.steps.get(step)?.forEach === undefined) return undefined;
  const known = frontier.items.get(step);
  if (known !== undefined) return known;
  const compiled = workflow.flow.steps.get(step);
  if (compiled === undefined) throw new TrestleError("internal", `no step "${step}"`);
  const filled = fill(compiled.template, scopeAt(workflow.flow, state, compiled.position));
  const items = readItems(step, isJsonObject(filled) ? filled.forEach : undefined);
  frontier.items.set(step, items);
  return items;
}

/** The values that only this piece of work knows. */
export function localsOf(parts: RunParts, { step, index }: Omit<Piece, "unit">): JsonObject {
  const items = itemsOf(parts, step);
  return items === undefined ? {} : { item: items[index] ?? null, index };
}

const MAX_ITEMS = 10_000;

function readItems(step: string, value: JsonValue | undefined): readonly JsonValue[] {
  if (!Array.isArray(value)) {
    throw new TrestleError("invalid_input", `Step "${step}", forEach: expected a list`);
  }
  if (value.length <= MAX_ITEMS) return value;
  const problem = `a list of ${value.length}, over ${MAX_ITEMS}; work through it in pages`;
  throw new TrestleError("invalid_input", `Step "${step}", forEach: ${problem}`);
}
