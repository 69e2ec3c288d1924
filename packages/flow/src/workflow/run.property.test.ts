import { expect, test } from "vitest";
import { createRandom, type Random, rounds, seed } from "../_random.ts";
import { hasEnded } from "../state.ts";
import { randomPlan } from "./_world.ts";
import { inFlight } from "./in-flight.ts";
import { beginRun, type Run, resumeRun } from "./run.ts";
import type { OfUnit, RunCommand, RunEvent, RunState } from "./state.ts";
import { createWorkflow, type Workflow } from "./workflow.ts";

test(`every run keeps its promises (SEED=${seed}, ROUNDS=${rounds})`, () => {
  for (let round = 0; round < rounds; round += 1) {
    const random = createRandom(seed + round);
    const plan = randomPlan(random);
    try {
      const workflow = createWorkflow(plan);
      const { events, state, calls } = drive(workflow, random);
      checkEnd(workflow, state);
      checkReplay(workflow, events, state);
      checkCalls(calls);
    } catch (error) {
      throw new Error(`SEED=${seed + round} ROUNDS=1: ${JSON.stringify(plan)}`, { cause: error });
    }
  }
});

const START = { values: {}, at: 0, seed: 7 };

interface Call {
  readonly key: string;
  /** Place in the log of its result; undefined while none is recorded. */
  ended?: "succeeded" | "failed";
}

type Started = RunCommand & { readonly kind: "call" | "child" };

/** Plays the world: calls end in any order and any way, processes die, people decide, cancel, pause. */
function drive(workflow: Workflow, random: Random) {
  const events: RunEvent[] = [];
  const calls: Call[] = [];
  let run = beginRun(workflow, START);
  let running: Started[] = [];
  let now = 0;

  function record(event: RunEvent): void {
    const ended = endedSteps(run.state);
    if (run.apply(event)) events.push(event);
    if (random.chance(0.1) && isEnd(event)) expect(run.apply(event)).toBe(false);
    if (event.kind === "stepsRetried") return;
    for (const [id, step] of ended) expect(run.state.steps[id]).toEqual(step);
  }

  function startOrCancel(command: RunCommand): void {
    if (command.kind === "cancel") {
      const stopped = running.filter((each) => isSame(each, command));
      running = running.filter((each) => !stopped.includes(each));
      const error = { code: "cancelled", message: "aborted" };
      for (const each of stopped)
        record({ ...unitOf(each), kind: "attemptFailed", at: now, error });
      return;
    }
    if (running.some((each) => isSame(each, command))) return;
    record({ ...unitOf(command), kind: "attemptStarted", at: now });
    running.push(command);
    expect(calls.filter(({ key, ended }) => key === command.key && ended === "succeeded")).toEqual(
      [],
    );
    calls.push({ key: command.key });
  }

  function endOne(): void {
    const command = running.splice(random.below(running.length), 1)[0] as Started;
    const call = calls.findLast(({ key }) => key === command.key) as Call;
    const at = now;
    if (random.chance(0.75)) {
      call.ended = "succeeded";
      record({ ...unitOf(command), kind: "attemptSucceeded", at, result: random.below(10) });
    } else {
      call.ended = "failed";
      const error = { code: random.pick(["unavailable", "denied"]), message: "no" };
      record({ ...unitOf(command), kind: "attemptFailed", at, error });
    }
  }

  /** The process dies: what ran is lost, the state is folded anew, and what was in flight is called again. */
  function crash(): void {
    const before = structuredClone(run.state);
    run = random.chance(0.5) ? replay(workflow, events) : resumeRun(workflow, before);
    expect(run.state).toEqual(before);
    running = [];
    for (const each of inFlight(run.state)) record({ ...each, kind: "attemptLost", at: now });
  }

  for (let turn = 0; turn < 3_000; turn += 1) {
    const { events: followed, commands, wakeAt } = run.settle(now);
    events.push(...followed);
    if (run.state.ended) return { events, state: run.state, calls };
    // An attempt that was out of time and said nothing has been given up.
    running = running.filter((each) => inFlight(run.state).some((other) => isSame(each, other)));
    expect(run.settle(now)).toEqual({
      events: [],
      commands,
      ...(wakeAt === undefined ? {} : { wakeAt }),
    });
    checkRoom(workflow, commands, running);
    for (const command of commands) startOrCancel(command);
    const waiting = waits(run.state);
    const goesOn = commands.length + running.length + waiting.length > 0 || wakeAt !== undefined;
    expect(goesOn || run.state.paused).toBe(true);
    if (random.chance(0.05)) crash();
    else if (running.length > 0 && random.chance(0.8)) endOne();
    else if (waiting.length > 0 && random.chance(0.3)) decide(workflow, random.pick(waiting));
    else if (wakeAt !== undefined) now = Math.max(now, wakeAt);
    now += random.below(50);
    if (random.chance(0.03))
      record({ kind: "signalled", name: random.pick(["a", "b"]), payload: 1, at: now });
    if (random.chance(0.01)) record({ kind: run.state.paused ? "resumed" : "paused", at: now });
    if (run.state.paused && random.chance(0.3)) record({ kind: "resumed", at: now });
    if (random.chance(0.005)) record({ kind: "cancelled", at: now });
  }
  throw new Error("it never ends");

  function decide(of: Workflow, { step, unit }: { step: string; unit: number }): void {
    if (of.steps.get(step)?.work.kind !== "approval") return;
    if (random.chance(0.7)) record({ kind: "unitSucceeded", step, unit, at: now, result: true });
    else
      record({ kind: "unitFailed", step, unit, at: now, error: { code: "denied", message: "no" } });
  }
}

function unitOf({ step, unit, undo }: OfUnit): OfUnit {
  return { step, unit, ...(undo ? { undo } : {}) };
}

function isSame(a: OfUnit, b: OfUnit): boolean {
  return a.step === b.step && a.unit === b.unit && a.undo === b.undo;
}

function isEnd(event: RunEvent): boolean {
  return ["attemptSucceeded", "unitSucceeded", "unitFailed", "stepSucceeded"].includes(event.kind);
}

function endedSteps({ steps }: RunState) {
  return structuredClone(Object.entries(steps).filter(([, step]) => hasEnded(step)));
}

function waits({ units }: RunState) {
  return Object.entries(units).flatMap(([step, all]) =>
    all.flatMap(({ status }, unit) => (status === "waiting" ? [{ step, unit }] : [])),
  );
}

function replay(workflow: Workflow, events: readonly RunEvent[]): Run {
  const run = beginRun(workflow, START);
  for (const event of events) expect([event, run.apply(event)]).toEqual([event, true]);
  return run;
}

function checkRoom(
  workflow: Workflow,
  commands: readonly RunCommand[],
  running: readonly Started[],
) {
  const fresh = commands.filter(
    (each) => each.kind !== "cancel" && !running.some((other) => isSame(each, other)),
  );
  const undoing = fresh.filter(({ undo }) => undo).length;
  expect(running.length + fresh.length - undoing).toBeLessThanOrEqual(workflow.plan.maxConcurrency);
}

function checkEnd(workflow: Workflow, state: RunState): void {
  for (const { id, onError } of workflow.plan.steps) {
    const step = state.steps[id];
    expect([id, hasEnded(step)]).toEqual([id, true]);
    if (state.ended?.outcome !== "succeeded" || step?.status !== "failed") continue;
    expect(["continue", "skip"]).toContain(onError);
  }
  expect(state.compensation?.left ?? []).toEqual([]);
  if (state.compensation) checkUndone(workflow, state);
}

/** Everything that can be undone was, once, and before it nothing that ended earlier. */
function checkUndone(workflow: Workflow, { compensation, steps, units }: RunState): void {
  const undone = compensation?.undone ?? [];
  const expected = workflow.plan.steps
    .filter(({ id, compensate }) => compensate && steps[id]?.status === "succeeded")
    .flatMap(({ id }) => (units[id] ?? []).map((_, unit) => `${id}/${unit}`));
  expect(undone.map(({ step, unit }) => `${step}/${unit}`).sort()).toEqual(expected.sort());
  const ends = undone.map(({ step }) => endOf(steps[step]));
  expect(ends).toEqual([...ends].sort((a, b) => b - a));
}

function endOf(step: RunState["steps"][string] | undefined): number {
  return step !== undefined && "endedAt" in step ? step.endedAt : Number.NaN;
}

function checkReplay(workflow: Workflow, events: readonly RunEvent[], state: RunState): void {
  expect(replay(workflow, events).state).toEqual(state);
  expect(replay(workflow, JSON.parse(JSON.stringify(events))).state).toEqual(state);
}

/** What succeeded is never called again under the same key. */
function checkCalls(calls: readonly Call[]): void {
  const succeeded = calls.filter(({ ended }) => ended === "succeeded").map(({ key }) => key);
  expect(new Set(succeeded).size).toBe(succeeded.length);
}
