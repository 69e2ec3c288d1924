import { type JsonValue, TrestleError } from "@trestle/protocol";
import type { StepError } from "../state.ts";
import { localsOf, type Piece } from "./parts.ts";
import type { WorkflowStep } from "./plan.ts";
import { fillPart, testPart, toStepError } from "./scope.ts";
import type { Attempt, Signal, Unit } from "./state.ts";
import { isQueued, type Turn } from "./turn.ts";
import { attemptKey, isCalled, isOver } from "./units.ts";
import { asObject, PART } from "./workflow.ts";

/** How long after its deadline an attempt is given up whose worker does not say how it ended. */
const GRACE_MS = 5_000;

const CANCELLED: StepError = { code: "cancelled", message: "cancelled" };

/** Records what follows by itself in a step that has started, up to its end. */
export function settleStep(turn: Turn, id: string): void {
  const { workflow, state } = turn.parts;
  const step = workflow.steps.get(id);
  const units = state.units[id] ?? [];
  if (step === undefined) return;
  const giveUp = state.stopping !== undefined || units.some(({ status }) => status === "failed");
  for (const [index, unit] of units.entries()) {
    if (isOver(unit)) continue;
    const piece = { step: id, index, unit };
    if (giveUp) endUncalled(turn, piece);
    else settlePiece(turn, step, piece);
  }
  if (units.every(isOver)) endStep(turn, step, units);
}

/** Calls what is to be called, as far as there is room, and cancels what is not wanted any more. */
export function commandStep(turn: Turn, id: string, room: number): number {
  const { workflow, state } = turn.parts;
  const step = workflow.steps.get(id);
  const units = state.units[id] ?? [];
  if (step === undefined) return 0;
  const giveUp = state.stopping !== undefined || units.some(({ status }) => status === "failed");
  let used = 0;
  for (const [index, unit] of units.entries()) {
    const piece = { step: id, index, unit };
    wakeFor(turn, unit);
    if (unit.status === "running" && giveUp)
      turn.command({ kind: "cancel", step: id, unit: index });
    if (giveUp || state.paused || used >= room || !isCalled(step.work.kind)) continue;
    if (isQueued(unit, turn.now) && call(turn, step, piece)) used += 1;
  }
  return used;
}

function wakeFor(turn: Turn, unit: Unit): void {
  if (isOver(unit)) return;
  if (unit.status === "running") turn.wake(lateAt(unit));
  else if (unit.dueAt !== undefined && unit.dueAt > turn.now) turn.wake(unit.dueAt);
  if (unit.status === "waiting") turn.wake(unit.deadline);
}

function lateAt({ deadline }: Unit): number | undefined {
  return deadline === undefined ? undefined : deadline + GRACE_MS;
}

/** What does not run has nothing to abort. */
function endUncalled(turn: Turn, { step, index, unit }: Piece): void {
  if (unit.status === "running") giveUpLate(turn, { step, index, unit });
  else turn.record({ kind: "unitFailed", step, unit: index, at: turn.now, error: CANCELLED });
}

function giveUpLate(turn: Turn, { step, index, unit }: Piece): void {
  const late = lateAt(unit);
  if (late === undefined || turn.now < late) return;
  const message = "It was out of time, and nobody said how it ended";
  const error = { code: "timeout", message };
  turn.record({ kind: "attemptFailed", step, unit: index, at: turn.now, error });
}

function settlePiece(turn: Turn, step: WorkflowStep, piece: Piece): void {
  if (piece.unit.status === "running") giveUpLate(turn, piece);
  if (isCalled(step.work.kind)) return;
  try {
    if (piece.unit.status === "waiting") settleWait(turn, step, piece);
    else begin(turn, step, piece);
  } catch (error) {
    fail(turn, piece, toStepError(piece.step, error));
  }
}

/** What is done here and now, and the beginning of every wait. */
function begin(turn: Turn, { work, timeoutMs }: WorkflowStep, piece: Piece): void {
  const { now } = turn;
  if (work.kind === "condition") {
    const holds = testPart(where(turn, piece), PART.condition);
    if (holds || work.otherwise === undefined) succeed(turn, piece, holds);
    else fail(turn, piece, { code: "condition_failed", message: work.otherwise });
    return;
  }
  const dueAt = work.kind === "wait" ? readWait(fillPart(where(turn, piece), PART.input), now) : {};
  turn.record({
    kind: "waitStarted",
    step: piece.step,
    unit: piece.index,
    at: now,
    ...dueAt,
    ...(timeoutMs === undefined ? {} : { deadline: now + timeoutMs }),
  });
}

/** A wait ends with its time, with its signal, or because nobody came. */
function settleWait(turn: Turn, { work, timeoutMs }: WorkflowStep, piece: Piece): void {
  const { now } = turn;
  const { dueAt, deadline, startedAt = now } = piece.unit;
  const signal = work.kind === "signal" ? signalFor(turn, work.signal) : undefined;
  if (dueAt !== undefined && dueAt <= now) succeed(turn, piece, { waited_ms: now - startedAt });
  else if (signal !== undefined) succeed(turn, piece, signal.payload);
  else if (deadline !== undefined && deadline <= now) {
    const whom = work.kind === "signal" ? `the signal "${work.signal}"` : "a decision";
    fail(turn, piece, { code: "timeout", message: `It waited ${timeoutMs} ms for ${whom}` });
  }
}

function signalFor({ parts }: Turn, wanted: string): Signal | undefined {
  return parts.state.signals.find(({ name }) => name === wanted);
}

/** Milliseconds to wait, or the moment to wait for. */
function readWait(value: JsonValue, now: number): { dueAt: number } {
  if (typeof value === "number" && value >= 0) return { dueAt: now + value };
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(at)) return { dueAt: at };
  const problem = `for: expected milliseconds or a moment such as 2026-12-01T08:00:00Z, found ${JSON.stringify(value)}`;
  throw new TrestleError("invalid_input", problem);
}

function endStep(turn: Turn, { id: step, forEach }: WorkflowStep, units: readonly Unit[]): void {
  const { now: at } = turn;
  const failed = firstFailure(units);
  if (failed !== undefined) {
    const [index, error] = failed;
    const message = forEach === undefined ? error.message : `item ${index}: ${error.message}`;
    turn.record({ kind: "stepFailed", step, at, error: { code: error.code, message } });
    return;
  }
  const results = units.map(({ result = null }) => result);
  const result = forEach === undefined ? (results[0] ?? null) : results;
  turn.record({ kind: "stepSucceeded", step, at, result });
}

/** The failure that the others were given up for, where there is one. */
function firstFailure(units: readonly Unit[]): readonly [number, StepError] | undefined {
  const failures = units.flatMap(({ status, error = CANCELLED }, index) =>
    status === "failed" ? [[index, error] as const] : [],
  );
  return failures.find(([, { code }]) => code !== "cancelled") ?? failures[0];
}

function call(turn: Turn, { work, timeoutMs }: WorkflowStep, piece: Piece): boolean {
  const { step, index, unit } = piece;
  let args: JsonValue;
  try {
    args = fillPart(where(turn, piece), PART.input);
  } catch (error) {
    fail(turn, piece, toStepError(step, error));
    return false;
  }
  const attempt: Attempt = {
    step,
    unit: index,
    arguments: asObject(args),
    key: attemptKey({ step, unit: index, poll: unit.poll }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  if (work.kind === "task")
    turn.command({ kind: "call", server: work.server, tool: work.tool, ...attempt });
  if (work.kind === "workflow")
    turn.command({ kind: "child", workflow: work.workflow, ...attempt });
  return true;
}

function where({ parts }: Turn, { step, index }: Piece) {
  return { ...parts, step, locals: localsOf(parts, { step, index }) };
}

function succeed(turn: Turn, { step, index }: Piece, result: JsonValue): void {
  turn.record({ kind: "unitSucceeded", step, unit: index, at: turn.now, result });
}

function fail(turn: Turn, { step, index }: Piece, error: StepError): void {
  turn.record({ kind: "unitFailed", step, unit: index, at: turn.now, error });
}
