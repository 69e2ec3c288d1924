import { describe, expect, test } from "vitest";
import { createFlow, type Flow } from "./flow.ts";
import { parsePlan } from "./schema.ts";
import type { FlowEvent, FlowState } from "./state.ts";

const step = (id: string, more: object = {}) => ({ id, server: "s", tool: "t", ...more });
const flowOf = (steps: object[], more: object = {}) =>
  createFlow(parsePlan({ name: "c", steps, ...more }));

/** Runs a flow in which the named steps fail; returns how each step ended. */
function play(flow: Flow, failing: readonly string[] = []) {
  let state = flow.begin();
  for (;;) {
    const settled = flow.settle(state, 1);
    state = settled.state;
    if (settled.commands[0]?.kind === "finish") break;
    for (const command of settled.commands) {
      if (command.kind !== "start") continue;
      state = flow.reduce(state, { kind: "stepStarted", step: command.step, at: 1 });
      state = flow.reduce(state, endOf(command.step, failing.includes(command.step)));
    }
  }
  const ends = Object.fromEntries(
    Object.entries(state.steps).map(([id, { status }]) => [id, status]),
  );
  return { ends, outcome: flow.outcome(state), state };
}

function endOf(id: string, fails: boolean): FlowEvent {
  return fails
    ? { kind: "stepFailed", step: id, at: 2, error: { code: "tool_error", message: "no" } }
    : { kind: "stepSucceeded", step: id, at: 2, result: { from: id } };
}

function after(flow: Flow, ...events: FlowEvent[]): FlowState {
  return events.reduce((state, event) => flow.reduce(state, event), flow.begin());
}

const started = (id: string): FlowEvent => ({ kind: "stepStarted", step: id, at: 1 });

describe("an ordered flow", () => {
  const last = { arguments: { x: "$last_result.from" } };

  test("runs one step after the other, each with the result before it", () => {
    const flow = flowOf([step("a"), step("b", last)]);
    expect(flow.next(flow.begin())).toEqual([{ kind: "start", step: "a", arguments: {} }]);
    const done = after(flow, started("a"), endOf("a", false));
    expect(flow.next(done)).toEqual([{ kind: "start", step: "b", arguments: { x: "a" } }]);
    expect(play(flow)).toMatchObject({ outcome: "succeeded" });
  });

  test("skips the rest after a failure", () => {
    const { ends, outcome, state } = play(flowOf([step("a"), step("b"), step("c")]), ["a"]);
    expect(ends).toEqual({ a: "failed", b: "skipped", c: "skipped" });
    expect(outcome).toBe("failed");
    expect(state.steps.b).toMatchObject({ cause: "stopped", reason: 'step "a" failed' });
  });

  test("without fail_fast goes on with what needs nothing of the failed step", () => {
    const flow = flowOf([step("a"), step("b", last), step("c"), step("d", last)], {
      fail_fast: false,
    });
    const { ends, outcome } = play(flow, ["a"]);
    expect(ends).toEqual({ a: "failed", b: "skipped", c: "succeeded", d: "succeeded" });
    expect(outcome).toBe("failed");
  });

  test("a step that failed with continue counts as not having been there", () => {
    const flow = flowOf([step("a"), step("b", { onError: "continue" }), step("c", last)]);
    const { ends, outcome, state } = play(flow, ["b"]);
    expect(ends).toEqual({ a: "succeeded", b: "failed", c: "succeeded" });
    expect(outcome).toBe("succeeded");
    expect(flow.next({ ...state, steps: { ...state.steps, c: { status: "pending" } } })).toEqual([
      { kind: "start", step: "c", arguments: { x: "a" } },
    ]);
  });

  test("a step that failed with skip takes those that need it along, and only those", () => {
    const flow = flowOf([
      step("a", { onError: "skip" }),
      step("b", last),
      step("c", last),
      step("d"),
      step("e", { arguments: { x: "${results.b}" } }),
    ]);
    const { ends, outcome } = play(flow, ["a"]);
    expect(ends).toEqual({ a: "failed", b: "skipped", c: "skipped", d: "succeeded", e: "skipped" });
    expect(outcome).toBe("succeeded");
  });

  test("a step skipped by its condition is passed over by $last_result", () => {
    const flow = flowOf([
      step("a"),
      step("b", { when: "$last_result.from == 'z'" }),
      step("c", last),
    ]);
    const { ends, state } = play(flow);
    expect(ends).toEqual({ a: "succeeded", b: "skipped", c: "succeeded" });
    expect(state.steps.b).toMatchObject({ cause: "condition" });
  });
});

describe("a DAG", () => {
  const diamond = [
    step("a"),
    step("b", { dependsOn: ["a"] }),
    step("c", { dependsOn: ["a"] }),
    step("d", { arguments: { b: "${results.b.from}", c: "${results.c.from}" } }),
  ];

  test("starts whatever is ready at once", () => {
    const flow = flowOf(diamond);
    const state = after(flow, started("a"), endOf("a", false));
    expect(flow.next(state).map((each) => ("step" in each ? each.step : each.kind))).toEqual([
      "b",
      "c",
    ]);
  });

  test("a failure cancels what runs and skips the rest", () => {
    const flow = flowOf(diamond);
    const state = after(
      flow,
      started("a"),
      endOf("a", false),
      started("b"),
      started("c"),
      endOf("b", true),
    );
    expect(flow.next(state)).toEqual([
      { kind: "cancel", step: "c" },
      { kind: "skip", step: "d", cause: "stopped", reason: 'step "b" failed' },
    ]);
    const error = { code: "cancelled", message: "cancelled" };
    const end = flow.settle(flow.reduce(state, { kind: "stepFailed", step: "c", at: 3, error }), 3);
    expect(end.commands).toEqual([{ kind: "finish", outcome: "failed" }]);
    expect(end.state.steps.c).toMatchObject({ status: "cancelled" });
  });

  test("what succeeded although it was to be cancelled is told as it was", () => {
    const flow = flowOf(diamond);
    const stopped = after(flow, started("a"), { kind: "cancelled", at: 2 }, endOf("a", false));
    expect(stopped.steps.a).toMatchObject({ status: "succeeded" });
    expect(flow.settle(stopped, 3).commands).toEqual([{ kind: "finish", outcome: "cancelled" }]);
  });

  test("skipped propagates along dependencies", () => {
    const flow = flowOf([
      step("a", { when: "false" }),
      step("b", { dependsOn: ["a"] }),
      step("c", { arguments: { x: "${results.b}" } }),
      step("d"),
    ]);
    const { ends, outcome, state } = play(flow);
    expect(ends).toEqual({ a: "skipped", b: "skipped", c: "skipped", d: "succeeded" });
    expect(outcome).toBe("succeeded");
    expect(state.steps.c).toMatchObject({ cause: "dependency", reason: 'step "b" was skipped' });
  });

  test("exists joins branches of which only one ran, and cleans up after failures", () => {
    const flow = flowOf(
      [
        step("yes", { when: "true" }),
        step("no", { when: "false" }),
        step("join", { when: "exists(${results.yes}) or exists(${results.no})" }),
        step("bad", { onError: "continue" }),
        step("cleanup", { dependsOn: ["bad"], when: "not exists(${results.bad})" }),
      ],
      { parallel: true },
    );
    expect(flow.steps.get("join")?.waitsFor).toEqual(["yes", "no"]);
    expect(play(flow, ["bad"]).ends).toEqual({
      yes: "succeeded",
      no: "skipped",
      join: "succeeded",
      bad: "failed",
      cleanup: "succeeded",
    });
    expect(play(flow).ends).toMatchObject({ cleanup: "skipped" });
  });

  test("a dependency that failed with continue does not hold its dependents, unless they read its result", () => {
    const flow = flowOf([
      step("a", { onError: "continue" }),
      step("b", { dependsOn: ["a"] }),
      step("c", { dependsOn: ["a"], arguments: { x: "$step_1.from" } }),
    ]);
    expect(play(flow, ["a"]).ends).toEqual({ a: "failed", b: "succeeded", c: "skipped" });
  });
});

test("a reference without a value fails its step before it starts, and names both", () => {
  const flow = flowOf([step("a"), step("b", { arguments: { x: "$step_1.form" } })]);
  const { state, outcome } = play(flow);
  expect(outcome).toBe("failed");
  expect(state.steps.b).toEqual({
    status: "failed",
    endedAt: 1,
    error: {
      code: "invalid_input",
      message:
        'Step "b": $step_1.form has no value: the result of step "a" has no "form"; did you mean "from"?',
    },
  });
});

describe("events", () => {
  const flow = flowOf([step("a"), step("b")]);

  test("that arrive twice change nothing", () => {
    const done = after(flow, started("a"), endOf("a", false));
    expect(flow.reduce(done, endOf("a", true))).toBe(done);
    expect(flow.reduce(done, started("a"))).toBe(done);
  });

  test("count the attempts of a step that was handed out again", () => {
    expect(after(flow, started("a"), started("a")).steps.a).toEqual({
      status: "running",
      startedAt: 1,
      attempt: 2,
    });
  });

  test.each<[string, FlowEvent[], RegExp]>([
    ["a start too early", [started("b")], /waits for "a"/],
    ["a success without a start", [endOf("a", false)], /has not started/],
    ["an unknown step", [started("constructor")], /no step "constructor"/],
    ["a start while stopping", [{ kind: "cancelled", at: 1 }, started("a")], /is stopping/],
    [
      "a skip of what runs",
      [started("a"), { kind: "stepSkipped", step: "a", at: 1, cause: "stopped", reason: "" }],
      /is running/,
    ],
  ])("that cannot have happened are refused: %s", (_name, events, message) => {
    expect(() => after(flow, ...events)).toThrow(message);
    expect(() => after(flow, ...events)).toThrow(expect.objectContaining({ code: "conflict" }));
  });

  test("a stop after the end changes nothing, and the first reason stands", () => {
    const { state } = play(flow);
    expect(flow.reduce(state, { kind: "cancelled", at: 9 })).toBe(state);
    const timedOut = after(flow, { kind: "timedOut", at: 1 }, { kind: "cancelled", at: 2 });
    expect(flow.outcome(timedOut)).toBe("timed_out");
  });
});
