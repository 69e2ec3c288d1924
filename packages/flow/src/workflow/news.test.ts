import { expect, test } from "vitest";
import { plan, step } from "./_world.ts";
import type { WorkflowPlan } from "./plan.ts";
import { beginRun, type Run, resumeRun } from "./run.ts";
import type { RunEvent } from "./state.ts";
import { createWorkflow } from "./workflow.ts";

/** A run that has settled once: what can start has started, and waits to be called. */
function begin(of: WorkflowPlan): Run {
  const run = beginRun(createWorkflow(of), { values: {}, at: 0, seed: 1 });
  run.settle(0);
  return run;
}

const of = (id: string, unit = 0) => ({ step: id, unit, at: 1 });
const started = (id: string, unit = 0): RunEvent => ({ kind: "attemptStarted", ...of(id, unit) });
const succeeded = (id: string, result: string | number = "ok"): RunEvent => ({
  kind: "attemptSucceeded",
  ...of(id),
  result,
});
const failed = (id: string): RunEvent => ({
  kind: "attemptFailed",
  ...of(id),
  error: { code: "denied", message: "no" },
});
const stateOf = (run: Run) => structuredClone(run.state);

/** What is told and changes nothing. */
function expectStale(run: Run, ...events: RunEvent[]): void {
  const before = stateOf(run);
  expect(events.map((event) => run.apply(event))).toEqual(events.map(() => false));
  expect(run.state).toEqual(before);
}

test("the end of an attempt that was never started is no news", () => {
  const run = begin(plan([step("a")]));
  expectStale(run, succeeded("a"), failed("a"), { kind: "attemptLost", ...of("a") });
});

test("the end of an attempt counts once", () => {
  const run = begin(plan([step("a"), step("b")]));
  run.apply(started("a"));
  expect(run.apply(succeeded("a"))).toBe(true);
  expectStale(run, succeeded("a", "again"), failed("a"), started("a"));
});

test("what is said of pieces that do not exist is no news", () => {
  const run = begin(plan([step("a")]));
  const nowhere: RunEvent = { kind: "attemptLost", ...of("a"), undo: true };
  expectStale(run, started("nobody"), started("a", 7), nowhere);
});

test("nobody calls what waits for a person", () => {
  const run = begin(plan([step("a", { work: { kind: "approval", message: "?" } })]));
  expectStale(run, started("a"));
});

test("a piece of a step that has ended is nobody's any more", () => {
  const run = begin(plan([step("a"), step("b")]));
  run.apply(started("a"));
  run.apply({ kind: "stepFailed", step: "a", at: 1, error: { code: "internal", message: "x" } });
  expectStale(run, succeeded("a"));
});

test("news of a step that the workflow does not have cannot have happened", () => {
  const run = begin(plan([step("a")]));
  expect(() => run.apply({ kind: "stepStarted", step: "nobody", at: 1 })).toThrow(
    'This workflow has no step "nobody"',
  );
});

test("who cancels, pauses or ends twice does it once", () => {
  const run = begin(plan([step("a")]));
  const twice = (event: RunEvent) => [run.apply(event), run.apply(event)];
  expect(twice({ kind: "paused", at: 1 })).toEqual([true, false]);
  expect(twice({ kind: "resumed", at: 2 })).toEqual([true, false]);
  expect(twice({ kind: "cancelled", at: 3 })).toEqual([true, false]);
  expect(twice({ kind: "compensationStarted", at: 4 })).toEqual([true, false]);
  expect(twice({ kind: "ended", outcome: "cancelled", at: 5 })).toEqual([true, false]);
  expectStale(run, { kind: "paused", at: 6 });
});

test("only what failed can be tried again, and nothing that was undone", () => {
  const run = begin(plan([step("a"), step("b")]));
  const retry = (...steps: string[]) => run.apply({ kind: "stepsRetried", steps, at: 9 });
  expect(() => retry("nobody")).toThrow('Step "nobody" does not exist');
  expect(() => retry("a")).toThrow('Step "a" is running');
  run.apply({ kind: "compensationStarted", at: 1 });
  expect(() => retry("a")).toThrow("has been undone");
});

test("a step that is tried again gives back what its results took, and gets its time anew", () => {
  const run = begin(plan([step("a", { forEach: [1, 2] }), step("b")], { timeoutMs: 100 }));
  run.apply(started("a"));
  run.apply({ kind: "attemptSucceeded", ...of("a"), result: "long", size: 4 });
  run.apply(started("a", 1));
  run.apply({ ...of("a", 1), kind: "attemptFailed", error: { code: "denied", message: "no" } });
  run.settle(1);
  expect(run.state).toMatchObject({ kept: 4, steps: { a: { status: "failed" } } });
  run.apply({ kind: "stepsRetried", steps: ["a"], at: 50 });
  expect(run.state).toMatchObject({ kept: 0, deadline: 150, steps: { a: { status: "pending" } } });
});

test("without an output of its own a run gives the results of what succeeded", () => {
  const run = begin(plan([step("a", { onError: "continue" }), step("b")]));
  for (const event of [started("a"), failed("a"), started("b"), succeeded("b", 7)])
    run.apply(event);
  run.settle(2);
  expect(run.output()).toEqual({ b: 7 });
});

test.each([
  ["2026-01-01T00:00:01Z", 1_000],
  [250, 250],
])("a wait for %s is over then", (wait, ms) => {
  const at = Date.parse("2026-01-01T00:00:00Z");
  const workflow = createWorkflow(plan([step("a", { work: { kind: "wait", for: wait } })]));
  const run = beginRun(workflow, { values: {}, at, seed: 1 });
  expect(run.settle(at).wakeAt).toBe(at + ms);
  run.settle(at + ms);
  expect(run.state.ended?.outcome).toBe("succeeded");
});

test.each(["soon", -1, null, { days: 1 }])("a wait for %j says what it needs", (wait) => {
  const run = begin(plan([step("a", { work: { kind: "wait", for: wait } })]));
  expect(run.state.steps.a).toMatchObject({
    status: "failed",
    error: { code: "invalid_input", message: expect.stringContaining("expected milliseconds") },
  });
});

test.each([
  [{ kind: "signal", signal: "go" }, 'It waited 500 ms for the signal "go"'],
  [{ kind: "approval", message: "?" }, "It waited 500 ms for a decision"],
] as const)("nobody waits longer than is allowed (%j)", (work, message) => {
  const run = begin(plan([step("a", { work, timeoutMs: 500 })]));
  run.settle(500);
  expect(run.state.steps.a).toMatchObject({ error: { code: "timeout", message } });
});

test.each([
  ["text", "expected a list"],
  [Array.from({ length: 10_001 }, () => 0), "a list of 10001, over 10000"],
])("a forEach of something else fails its step", (forEach, problem) => {
  const run = begin(plan([step("a", { forEach })]));
  expect(run.state.steps.a).toMatchObject({
    status: "failed",
    error: { code: "invalid_input", message: expect.stringContaining(problem) },
  });
});

test("a run that was kept goes on where it stood", () => {
  const workflow = createWorkflow(plan([step("a"), step("b", { dependsOn: ["a"] })]));
  const run = beginRun(workflow, { values: {}, at: 0, seed: 1 });
  run.settle(0);
  run.apply(started("a"));
  const later = resumeRun(workflow, JSON.parse(JSON.stringify(run.state)));
  later.apply(succeeded("a"));
  expect(later.settle(2).commands).toMatchObject([{ kind: "call", step: "b", key: "b/0" }]);
});

test("what cannot be undone is said, and the rest is undone all the same", () => {
  const undo = (args: object) => ({ server: "s", tool: "undo", arguments: args as never });
  const run = begin(
    plan([
      step("a", { compensate: undo({ of: "${result.id}" }) }),
      step("b", { compensate: undo({ of: "${result}" }), forEach: [1] }),
      step("c", { onError: "compensate", dependsOn: ["a", "b"] }),
    ]),
  );
  for (const event of [started("a"), succeeded("a"), started("b"), succeeded("b", 7)])
    run.apply(event);
  run.settle(2);
  run.apply(started("c"));
  run.apply(failed("c"));
  expect(run.settle(3).commands).toMatchObject([
    { kind: "call", step: "b", undo: true, arguments: { of: 7 }, key: "b/0.undo" },
  ]);
  run.apply({ ...started("b"), undo: true } as RunEvent);
  run.apply({ ...succeeded("b"), undo: true } as RunEvent);
  run.settle(4);
  expect(run.state.compensation?.undone).toMatchObject([
    { step: "b" },
    { step: "a", error: { code: "invalid_input" } },
  ]);
});
