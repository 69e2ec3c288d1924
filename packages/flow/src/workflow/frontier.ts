import type { JsonValue } from "@trestle/protocol";
import { hasEnded, type StepState } from "../state.ts";
import type { RunState } from "./state.ts";
import { isCalled } from "./units.ts";
import type { Workflow } from "./workflow.ts";

/**
 * Where a run stands: what could start, what is at work. Derived from the state and kept beside it, so that one
 * event of a large graph costs as much as that of a small one.
 */
export interface Frontier {
  /** Pending steps that wait for nothing any more, in the order in which they became so: those that call, … */
  readonly readyCalls: ReadonlySet<string>;
  /** … and those that need no room for a call. */
  readonly readyOthers: ReadonlySet<string>;
  readonly running: ReadonlySet<string>;
  /** Have all steps ended? */
  isDone(): boolean;
  /** Tells it that the state of a step has changed. */
  move(step: string, after: StepState): void;
  /** Begins anew from the state, after more than one step changed. */
  reset(): void;
  /** Items of a step that has a `forEach`, as they were when it started. */
  readonly items: Map<string, readonly JsonValue[]>;
  /** Attempts that run at this moment. */
  calls: number;
}

export function createFrontier(workflow: Workflow, state: RunState): Frontier {
  const unmet = new Map<string, number>();
  const readyCalls = new Set<string>();
  const readyOthers = new Set<string>();
  const readySet = (id: string) =>
    isCalled(workflow.steps.get(id)?.work.kind) ? readyCalls : readyOthers;
  const running = new Set<string>();
  let left = 0;

  function reset(): void {
    readyCalls.clear();
    readyOthers.clear();
    running.clear();
    frontier.items.clear();
    unmet.clear();
    left = 0;
    for (const { id, waitsFor } of workflow.flow.steps.values()) {
      const step = state.steps[id];
      let count = 0;
      for (const other of waitsFor) if (!hasEnded(state.steps[other])) count += 1;
      if (count > 0) unmet.set(id, count);
      if (!hasEnded(step)) left += 1;
      if (step?.status === "running") running.add(id);
      if (step?.status === "pending" && count === 0) readySet(id).add(id);
    }
    frontier.calls = 0;
    for (const units of Object.values(state.units))
      for (const { status } of units) if (status === "running") frontier.calls += 1;
  }

  const frontier: Frontier = {
    readyCalls,
    readyOthers,
    running,
    items: new Map(),
    calls: 0,
    isDone: () => left === 0,
    reset,
    move(step, after) {
      readySet(step).delete(step);
      if (after.status === "running") running.add(step);
      if (!hasEnded(after)) return;
      running.delete(step);
      frontier.items.delete(step);
      left -= 1;
      for (const id of workflow.dependants.get(step) ?? []) {
        const count = (unmet.get(id) ?? 0) - 1;
        unmet.set(id, count);
        if (count === 0 && state.steps[id]?.status === "pending") readySet(id).add(id);
      }
    },
  };
  reset();
  return frontier;
}
