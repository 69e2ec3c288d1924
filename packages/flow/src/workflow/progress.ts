import { TrestleError } from "@trestle/protocol";
import type { StepError } from "../state.ts";
import { itemsOf, localsOf, type Piece, type RunParts } from "./parts.ts";
import { testPart, toStepError } from "./scope.ts";
import type { RunEvent, Unit } from "./state.ts";
import {
  endAttempt,
  failAttempt,
  failUnit,
  isOver,
  loseAttempt,
  newUnit,
  startAttempt,
} from "./units.ts";
import { PART } from "./workflow.ts";

type UnitEvent = Extract<RunEvent, { readonly unit: number }>;

/** The pieces of work of a step that has just started. */
export function beginUnits(parts: RunParts, step: string): void {
  const count = itemsOf(parts, step)?.length ?? 1;
  parts.state.units[step] = Array.from({ length: count }, newUnit);
}

/** What happened to one piece of work. False for news of an attempt that nobody waits for any more. */
export function applyToUnit(parts: RunParts, event: UnitEvent): boolean {
  const { state, frontier } = parts;
  const unit = event.undo ? undoing(parts, event) : state.units[event.step]?.[event.unit];
  if (unit === undefined || isOver(unit)) return false;
  if (!event.undo && state.steps[event.step]?.status !== "running") return false;
  const wasRunning = unit.status === "running";
  const changed = change(parts, { step: event.step, index: event.unit, unit }, event);
  if (!event.undo) frontier.calls += Number(unit.status === "running") - Number(wasRunning);
  if (event.undo && isOver(unit)) endUndoing(parts, unit.error);
  return changed;
}

function change(parts: RunParts, piece: Piece, event: UnitEvent): boolean {
  const { unit } = piece;
  const step = parts.workflow.steps.get(piece.step);
  if (step === undefined) throw new TrestleError("conflict", `no step "${piece.step}"`);
  switch (event.kind) {
    case "attemptStarted":
      if (unit.status === "waiting") return false;
      startAttempt(unit, step, event.at);
      return true;
    case "attemptSucceeded":
      if (unit.status !== "running") return false;
      succeed(parts, piece, event);
      count(parts, piece, event.size);
      return true;
    case "attemptFailed":
      if (unit.status !== "running") return false;
      failAttempt(unit, step, stoppingMakesFinal(parts, event), parts.state.seed);
      return true;
    case "attemptLost":
      if (unit.status !== "running") return false;
      loseAttempt(unit);
      return true;
    case "waitStarted":
      startWait(unit, event);
      return true;
    case "unitSucceeded":
      takeSignal(parts, piece);
      Object.assign(unit, { status: "succeeded", result: event.result } satisfies Partial<Unit>);
      return true;
    case "unitFailed":
      failUnit(unit, event.error);
      return true;
  }
}

function succeed(
  parts: RunParts,
  piece: Piece,
  event: UnitEvent & { readonly kind: "attemptSucceeded" },
): void {
  const step = parts.workflow.steps.get(piece.step);
  if (step === undefined) return;
  try {
    const done = event.undo || step.until === undefined || isDone(parts, piece, event);
    endAttempt(piece.unit, step, event, done);
  } catch (error) {
    failUnit(piece.unit, toStepError(piece.step, error));
  }
}

/** What an `until` was not true of yet is not kept, and not counted. */
function count({ state }: RunParts, { unit }: Piece, size: number | undefined): void {
  if (size === undefined || unit.status !== "succeeded") return;
  unit.size = size;
  state.kept = (state.kept ?? 0) + size;
}

function isDone(
  parts: RunParts,
  piece: Piece,
  { result }: UnitEvent & { readonly kind: "attemptSucceeded" },
): boolean {
  const locals = { ...localsOf(parts, piece), result };
  return testPart({ ...parts, step: piece.step, locals }, PART.until);
}

/** While a run stops nothing is tried again. */
function stoppingMakesFinal(
  { state }: RunParts,
  event: UnitEvent & { readonly kind: "attemptFailed" },
) {
  return state.stopping && !event.undo ? { ...event, final: true } : event;
}

function startWait(
  unit: Unit,
  { at, dueAt, deadline }: UnitEvent & { readonly kind: "waitStarted" },
): void {
  unit.status = "waiting";
  unit.startedAt = at;
  if (dueAt !== undefined) unit.dueAt = dueAt;
  if (deadline !== undefined) unit.deadline = deadline;
}

/** A signal is for one step: the one that took it. */
function takeSignal({ workflow, state }: RunParts, { step }: Piece): void {
  const work = workflow.steps.get(step)?.work;
  if (work?.kind !== "signal") return;
  const at = state.signals.findIndex(({ name }) => name === work.signal);
  if (at !== -1) state.signals.splice(at, 1);
}

function undoing({ state }: RunParts, { step, unit }: UnitEvent): Unit | undefined {
  const first = state.compensation?.left[0];
  return first?.step === step && first.unit === unit ? first.work : undefined;
}

function endUndoing({ state }: RunParts, error: StepError | undefined): void {
  const first = state.compensation?.left.shift();
  if (first === undefined) return;
  const { step, unit, work } = first;
  const failed = work.status === "failed" && error !== undefined;
  state.compensation?.undone.push({ step, unit, ...(failed ? { error } : {}) });
}
