import { type Condition, conditionReferences } from "./condition.ts";
import { evaluate } from "./evaluate.ts";
import type { Flow } from "./flow.ts";
import { DEFAULT_ROOTS } from "./references.ts";
import type { Lookup, Scope } from "./resolve.ts";

export interface NeverRuns {
  readonly id: string;
  /** In words: its own `when`, or the step it needs. */
  readonly because: string;
}

/** Steps that no run comes to: their `when` is false whatever happens, or they need a step that never runs. */
export function neverRuns({ steps }: Pick<Flow, "steps">): NeverRuns[] {
  const found = new Map<string, string>();
  const dependants = new Map<string, string[]>();
  for (const { id, condition, needsEndOf, needsResultOf } of steps.values()) {
    if (condition !== undefined && isFalse(condition)) found.set(id, "its when is never true");
    for (const other of new Set([...needsEndOf, ...needsResultOf]))
      dependants.set(other, [...(dependants.get(other) ?? []), id]);
  }
  for (const left = [...found.keys()]; ; ) {
    const id = left.pop();
    if (id === undefined) break;
    for (const dependant of dependants.get(id) ?? []) {
      if (found.has(dependant)) continue;
      found.set(dependant, `it needs "${id}", which never runs`);
      left.push(dependant);
    }
  }
  return [...steps.keys()].flatMap((id) => {
    const because = found.get(id);
    return because === undefined ? [] : [{ id, because }];
  });
}

/** One that asks nothing of the run, and is false. */
function isFalse(condition: Condition): boolean {
  const { needed, asked } = conditionReferences(condition);
  if (needed.length + asked.length > 0) return false;
  try {
    return !evaluate(condition, nothing);
  } catch {
    return false;
  }
}

const missing: Lookup = { kind: "missing", why: "nothing has happened" };
const nothing: Scope = {
  roots: DEFAULT_ROOTS,
  values: {},
  result: () => missing,
  lastResult: () => missing,
};
