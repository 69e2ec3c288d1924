import { decide, outcomeOf, whyStopped } from "../next.ts";
import { itemsOf, type RunParts } from "./parts.ts";
import { toStepError } from "./scope.ts";
import { commandStep, settleStep } from "./settle-step.ts";
import { settleUndoing } from "./settle-undoing.ts";
import type { RunEvent } from "./state.ts";
import { type Settled, Turn } from "./turn.ts";
import { mustUndo } from "./undo.ts";
import { isCalled } from "./units.ts";

export function settle(parts: RunParts, apply: (event: RunEvent) => boolean, now: number): Settled {
  const turn = new Turn(parts, apply, now);
  do {
    turn.begin();
    if (parts.state.ended === undefined) settleOnce(turn);
  } while (turn.again);
  return turn.settled();
}

/** One look at everything; what it records may let more follow, so it is repeated until nothing does. */
function settleOnce(turn: Turn): void {
  const { parts, now } = turn;
  const { workflow, state, frontier } = parts;
  if (isLate(parts, now)) turn.record({ kind: "timedOut", at: now });
  if (!state.stopping) turn.wake(state.deadline);
  if (state.stopping) skipPending(turn);
  else if (!state.paused) startReady(turn);
  // Those that end on the way leave the set, which a walk of it allows; none joins it here.
  for (const step of frontier.running) settleStep(turn, step);
  let room = workflow.plan.maxConcurrency - frontier.calls;
  for (const step of frontier.running) room -= commandStep(turn, step, room);
  if (frontier.isDone()) finish(turn);
}

function isLate({ state }: RunParts, now: number): boolean {
  return state.deadline !== undefined && now >= state.deadline && !state.stopping;
}

function finish(turn: Turn): void {
  const { workflow, state } = turn.parts;
  if (state.compensation === undefined && mustUndo(workflow, state))
    turn.record({ kind: "compensationStarted", at: turn.now });
  if (state.compensation !== undefined && settleUndoing(turn) === "busy") return;
  turn.record({ kind: "ended", outcome: outcomeOf(workflow.flow, state), at: turn.now });
}

function skipPending(turn: Turn): void {
  const { workflow, state } = turn.parts;
  const reason = whyStopped(state);
  for (const step of workflow.flow.steps.keys()) {
    if (state.steps[step]?.status !== "pending") continue;
    turn.record({ kind: "stepSkipped", step, at: turn.now, cause: "stopped", reason });
  }
}

/** Starts what may start, as far as there is room for its calls, and skips what must be skipped. */
function startReady(turn: Turn): void {
  const { state, frontier } = turn.parts;
  // What becomes ready on the way is visited too: sets show what is added while they are walked.
  for (const id of frontier.readyOthers) {
    if (state.stopping) return;
    startOne(turn, id);
  }
  for (const id of frontier.readyCalls) {
    if (state.stopping || turn.room() <= 0) return;
    startOne(turn, id);
  }
}

function startOne(turn: Turn, id: string): void {
  const { workflow, state } = turn.parts;
  const step = workflow.flow.steps.get(id);
  if (step === undefined) return;
  const command = decide(workflow.flow, state, step);
  const at = turn.now;
  if (command.kind === "skip") turn.record({ ...command, kind: "stepSkipped", at });
  else if (command.kind === "fail") turn.record({ ...command, kind: "stepFailed", at });
  else start(turn, id);
}

function start(turn: Turn, step: string): void {
  try {
    itemsOf(turn.parts, step);
  } catch (error) {
    const { code, message } = toStepError(step, error);
    turn.record({ kind: "stepFailed", step, at: turn.now, error: { code, message } });
    return;
  }
  turn.record({ kind: "stepStarted", step, at: turn.now });
  if (isCalled(turn.parts.workflow.steps.get(step)?.work.kind))
    turn.queue(turn.parts.state.units[step]?.length ?? 0);
}
