import { describeMs } from "../render/picture.ts";
import type { Execution, ExecutionStep } from "../workflows/execution.ts";

const SIGNS: Readonly<Record<string, string>> = {
  succeeded: "✓",
  failed: "✗",
  running: "▸",
  waiting: "⏸",
  skipped: "–",
  cancelled: "✗",
  pending: "·",
  undone: "↶",
};

/** An execution as a tree of its steps, no longer than `most` lines; what matters now stays. */
export function treeOf(execution: Execution, now: number, most: number): string[] {
  const { workflow, status, executionId, startedAt, endedAt, steps } = execution;
  const took = (endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt);
  const root = `${workflow} ${status}, ${describeMs(Math.max(0, took))}  (${executionId})`;
  const shown = choose(steps, Math.max(1, most - 2));
  const branches = shown.map((step, at) => {
    const isLast = at === shown.length - 1 && shown.length === steps.length;
    return `${isLast ? "└─" : "├─"} ${lineOf(step, execution, now)}`;
  });
  const left = steps.length - shown.length;
  return [root, ...branches, ...(left > 0 ? [`└─ … ${left} more: ${countsOf(steps)}`] : [])];
}

/** One step in a line: for the tree, and for whoever reads line by line. */
export function lineOf(step: ExecutionStep, execution: Execution, now: number): string {
  const { id, attempts = 1, durationMs, startedAt, reason } = step;
  const state = stateOf(step, execution);
  const running = startedAt === undefined ? undefined : Math.max(0, now - Date.parse(startedAt));
  const took = durationMs ?? (step.status === "running" ? running : undefined);
  const wait = execution.waitingFor.find((each) => each.step === id);
  const facts = [
    state,
    ...(took === undefined ? [] : [describeMs(took)]),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(wait?.for === "approval" ? [`asks: ${wait.message ?? ""}`] : []),
    ...(wait?.for === "signal" ? [`for signal ${wait.signal}`] : []),
    ...(wait?.for === "time" && wait.until !== undefined ? [`until ${wait.until}`] : []),
    ...(reason === undefined ? [] : [reason]),
  ];
  return `${SIGNS[state] ?? "·"} ${id}  ${facts.join(", ").replaceAll(/\s+/g, " ")}`;
}

export function stateOf({ id, status }: ExecutionStep, execution: Execution): string {
  if (execution.undone?.some(({ step, error }) => step === id && error === undefined))
    return "undone";
  return execution.waitingFor.some(({ step }) => step === id) ? "waiting" : status;
}

/** All, or where they are too many: failures and what is at work, then the others in their order. */
function choose(steps: readonly ExecutionStep[], most: number): readonly ExecutionStep[] {
  if (steps.length <= most) return steps;
  const isOpen = ({ status }: ExecutionStep) => /running|failed|cancelled/.test(status);
  const taken = new Set(steps.filter(isOpen).slice(0, most));
  for (const step of steps) {
    if (taken.size >= most) break;
    taken.add(step);
  }
  return steps.filter((step) => taken.has(step));
}

function countsOf(steps: readonly ExecutionStep[]): string {
  const counts = new Map<string, number>();
  for (const { status } of steps) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
}
