import { localsOf } from "./parts.ts";
import { fillPart, toStepError } from "./scope.ts";
import { isQueued, type Turn } from "./turn.ts";
import { asObject, PART } from "./workflow.ts";

/** Undoes one unit after the other; `done` where nothing is left to undo. */
export function settleUndoing(turn: Turn): "busy" | "done" {
  const { workflow, state } = turn.parts;
  for (;;) {
    const first = state.compensation?.left[0];
    if (first === undefined) return "done";
    const { step, unit, work } = first;
    const { compensate, timeoutMs, forEach } = workflow.steps.get(step) ?? {};
    if (compensate === undefined) return "done";
    turn.wake(work.dueAt);
    if (work.status === "running" || !isQueued(work, turn.now)) return "busy";
    const ended = state.steps[step];
    const whole = ended?.status === "succeeded" ? ended.result : null;
    const result = forEach !== undefined && Array.isArray(whole) ? (whole[unit] ?? null) : whole;
    try {
      const locals = { ...localsOf(turn.parts, { step, index: unit }), result };
      const args = asObject(fillPart({ ...turn.parts, step, locals }, PART.compensate));
      const { server, tool } = compensate;
      const key = `${step}/${unit}.undo`;
      const timeout = timeoutMs === undefined ? {} : { timeoutMs };
      turn.command({
        kind: "call",
        step,
        unit,
        undo: true,
        server,
        tool,
        arguments: args,
        key,
        ...timeout,
      });
      return "busy";
    } catch (error) {
      const problem = toStepError(step, error);
      turn.record({ kind: "unitFailed", step, unit, undo: true, at: turn.now, error: problem });
    }
  }
}
