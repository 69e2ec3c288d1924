import type { StepError } from "../state.ts";
import type { Work, WorkflowStep } from "./plan.ts";
import type { RunEvent, Unit } from "./state.ts";

/** Errors that another attempt would meet again: the caller, not the weather, has to change something. */
const LASTING: readonly string[] = ["invalid_input", "denied", "unsupported", "cancelled"];

export function newUnit(): Unit {
  return { status: "queued", attempt: 0, poll: 0 };
}

export function isOver(unit: Unit): boolean {
  return unit.status === "succeeded" || unit.status === "failed";
}

/** Is the work of this kind done by somebody else, who is called? */
export function isCalled(kind: Work["kind"] | undefined): boolean {
  return kind === "task" || kind === "workflow";
}

/** `step/unit`, then the poll from the second on: what the work is known by, however often it is tried. */
export function attemptKey({
  step,
  unit,
  poll,
}: {
  readonly step: string;
  readonly unit: number;
  readonly poll: number;
}): string {
  return poll === 0 ? `${step}/${unit}` : `${step}/${unit}.${poll}`;
}

type Moment<K extends RunEvent["kind"]> = RunEvent & { readonly kind: K };

/** An attempt begins, or the same one begins again with another worker. */
export function startAttempt(unit: Unit, step: WorkflowStep, at: number): void {
  if (unit.status !== "running") unit.attempt += 1;
  unit.status = "running";
  unit.startedAt ??= at;
  delete unit.dueAt;
  if (step.timeoutMs !== undefined) unit.deadline = at + step.timeoutMs;
}

export function loseAttempt(unit: Unit): void {
  unit.status = "queued";
  unit.attempt -= 1;
  delete unit.deadline;
}

/** `done` is false where the step's `until` is not yet true of the result. */
export function endAttempt(
  unit: Unit,
  step: WorkflowStep,
  { at, result }: Moment<"attemptSucceeded">,
  done: boolean,
): void {
  delete unit.deadline;
  const { until } = step;
  if (done || until === undefined) {
    Object.assign(unit, { status: "succeeded", result } satisfies Partial<Unit>);
    return;
  }
  const next = at + until.intervalMs;
  if (next > (unit.startedAt ?? at) + until.timeoutMs) {
    const message = `It was still not true after ${until.timeoutMs} ms: ${until.condition}`;
    failUnit(unit, { code: "timeout", message });
    return;
  }
  unit.poll += 1;
  unit.attempt = 0;
  delay(unit, next);
}

/** Another attempt later, or the end of the unit. */
export function failAttempt(
  unit: Unit,
  step: WorkflowStep,
  event: Moment<"attemptFailed">,
  seed: number,
): void {
  delete unit.deadline;
  const isLasting = event.final === true || LASTING.includes(event.error.code);
  if (isLasting || unit.attempt >= step.retry.attempts) failUnit(unit, event.error);
  else {
    unit.error = event.error;
    delay(unit, event.at + backoffOf(step, event, { attempt: unit.attempt, seed }));
  }
}

export function failUnit(unit: Unit, error: StepError): void {
  delete unit.deadline;
  delete unit.dueAt;
  Object.assign(unit, { status: "failed", error } satisfies Partial<Unit>);
}

function delay(unit: Unit, dueAt: number): void {
  unit.status = "delayed";
  unit.dueAt = dueAt;
}

/** Half of it fixed and half spread over the runs, so that a thousand of them do not come back at once. */
function backoffOf(
  { retry }: WorkflowStep,
  { step, unit }: { readonly step: string; readonly unit: number },
  { attempt, seed }: { readonly attempt: number; readonly seed: number },
): number {
  const full = Math.min(retry.maxBackoffMs, retry.backoffMs * retry.factor ** (attempt - 1));
  return Math.round(full / 2 + (full / 2) * shareOf(`${seed}/${step}/${unit}/${attempt}`));
}

/** FNV-1a as a share of 1: chance that is the same in every replay. */
function shareOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
