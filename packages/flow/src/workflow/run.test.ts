// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import type { JsonValue } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { plan, step } from "./_world.ts";
import type { WorkflowPlan } from "./plan.ts";
import { beginRun, type Run } from "./run.ts";
import type { RunCommand } from "./state.ts";
import { createWorkflow } from "./workflow.ts";

type Calls = RunCommand & { readonly kind: "call" | "child" };
type Answer = (command: Calls) => JsonValue | Error;

function begin(of: WorkflowPlan, values = {}): Run {
  return beginRun(createWorkflow(of), { values, at: 0, seed: 1 });
}

/** Drives a run until it ends or waits; time passes only where nothing else can. */
function play(run: Run, answer: Answer, from = 0) {
  const calls: Calls[] = [];
  let now = from;
  for (;;) {
    const { commands, wakeAt } = run.settle(now);
    const [command] = commands.filter((each) => each.kind !== "cancel");
    if (run.state.ended !== undefined) return { calls, now };
    if (command === undefined) {
      if (wakeAt === undefined) return { calls, now };
      now = wakeAt;
      continue;
    }
    const { step, unit, undo } = command;
    const of = { step, unit, at: now, ...(undo ? { undo } : {}) };
    calls.push(command);
    run.apply({ kind: "attemptStarted", ...of });
    const said = answer(command);
    if (said instanceof Error)
      run.apply({
        kind: "attemptFailed",
        ...of,
        error: { code: said.name, message: said.message },
      });
    else run.apply({ kind: "attemptSucceeded", ...of, result: said });
  }
}

function fault(code: string): Error {
  return Object.assign(new Error(code), { name: code });
}

const call = (tool: string, args = {}) =>
  ({ kind: "task", server: "s", tool, arguments: args }) as const;

describe("retries", () => {
  test("come later each time, and end with the last error", () => {
    const retry = { attempts: 3, backoffMs: 100, factor: 10, maxBackoffMs: 500 };
    const run = begin(plan([step("a", { retry })]));
    const { calls, now } = play(run, () => fault("unavailable"));
    expect(calls.map(({ key }) => key)).toEqual(["a/0", "a/0", "a/0"]);
    expect(now).toBeGreaterThanOrEqual(50 + 250);
    expect(now).toBeLessThanOrEqual(100 + 500);
    expect(run.state.ended?.outcome).toBe("failed");
  });

  test("are not made of what will not change", () => {
    const retry = { attempts: 3, backoffMs: 100, factor: 2, maxBackoffMs: 500 };
    const { calls } = play(begin(plan([step("a", { retry })])), () => fault("denied"));
    expect(calls).toHaveLength(1);
  });
});

describe("until", () => {
  const until = { condition: "${result.state} == 'up'", intervalMs: 1_000, timeoutMs: 3_000 };

  test("does the work again, each time under another key", () => {
    const run = begin(plan([step("a", { until })]));
    let count = 0;
    const { calls, now } = play(run, () => {
      count += 1;
      return { state: count > 2 ? "up" : "starting" };
    });
    expect(calls.map(({ key }) => key)).toEqual(["a/0", "a/0.1", "a/0.2"]);
    expect(now).toBe(2_000);
    expect(run.state.steps.a).toMatchObject({ status: "succeeded", result: { state: "up" } });
  });

  test("gives up when its time is over", () => {
    const run = begin(plan([step("a", { until })]));
    play(run, () => ({ state: "starting" }));
    expect(run.state.steps.a).toMatchObject({ status: "failed", error: { code: "timeout" } });
  });

  test("fails where what it asks for is not there", () => {
    const run = begin(plan([step("a", { until })]));
    play(run, () => ({ stat: "up" }));
    expect(run.state.steps.a).toMatchObject({ error: { code: "invalid_input" } });
  });
});

describe("forEach", () => {
  const each = step("each", {
    forEach: "${input.names}",
    work: call("greet", { name: "${item.name}", place: "${index}" }),
  });
  const names = [{ name: "a" }, { name: "b" }, { name: "c" }];

  test("works through the items, and gives their results in order", () => {
    const run = begin(plan([each], { input: { names } }));
    const { calls } = play(run, (command) => command.arguments);
    expect(calls.map(({ key }) => key)).toEqual(["each/0", "each/1", "each/2"]);
    expect(run.state.steps.each).toMatchObject({
      result: [
        { name: "a", place: 0 },
        { name: "b", place: 1 },
        { name: "c", place: 2 },
      ],
    });
  });

  test("of nothing is done at once", () => {
    const run = begin(plan([each], { input: { names: [] } }));
    expect(play(run, () => 1).calls).toEqual([]);
    expect(run.state.steps.each).toMatchObject({ status: "succeeded", result: [] });
  });

  test("of what is no list says so", () => {
    const run = begin(plan([each], { input: { names: "all" } }));
    play(run, () => 1);
    expect(run.state.steps.each).toMatchObject({
      error: { message: expect.stringContaining("forEach: expected a list") },
    });
  });

  test("ends with the first item that fails, and starts no other", () => {
    const run = begin(plan([each], { input: { names }, maxConcurrency: 1 }));
    const { calls } = play(run, () => fault("denied"));
    expect(calls).toHaveLength(1);
    expect(run.state.steps.each).toMatchObject({
      error: { code: "denied", message: "item 0: denied" },
    });
  });
});

describe("compensation", () => {
  const undoable = (id: string, dependsOn: string[] = []) =>
    step(id, {
      dependsOn,
      work: call("do"),
      compensate: { server: "s", tool: "undo", arguments: { id: "${result.id}" } },
    });

  test("undoes what succeeded, the last first, and says what could not be undone", () => {
    const last = step("c", { dependsOn: ["b"], onError: "compensate", work: call("fail") });
    const run = begin(plan([undoable("a"), undoable("b", ["a"]), last]));
    const { calls } = play(run, ({ tool, step: id, undo }: Calls & { tool?: string }) => {
      if (tool === "fail" || (undo && id === "a")) return fault("denied");
      return { id: `made by ${id}` };
    });
    expect(calls.filter(({ undo }) => undo).map(({ key, arguments: args }) => [key, args])).toEqual(
      [
        ["b/0.undo", { id: "made by b" }],
        ["a/0.undo", { id: "made by a" }],
      ],
    );
    expect(run.state.compensation?.undone).toEqual([
      { step: "b", unit: 0 },
      { step: "a", unit: 0, error: { code: "denied", message: "denied" } },
    ]);
    expect(run.state.ended?.outcome).toBe("failed");
  });

  test("leaves everything where the step that failed does not ask for it", () => {
    const run = begin(plan([undoable("a"), step("b", { dependsOn: ["a"], work: call("fail") })]));
    play(run, (command) => ("tool" in command && command.tool === "fail" ? fault("denied") : {}));
    expect(run.state.compensation).toBeUndefined();
  });
});

describe("waiting", () => {
  test("for a person holds no room for calls, and ends with the decision", () => {
    const approval = step("ask", {
      work: { kind: "approval", message: "Go on?" },
      timeoutMs: 9_000,
    });
    const run = begin(plan([approval, step("b")], { maxConcurrency: 1 }));
    const { commands, wakeAt } = run.settle(0);
    expect(commands).toMatchObject([{ kind: "call", step: "b" }]);
    expect(wakeAt).toBe(9_000);
    run.apply({ kind: "unitSucceeded", step: "ask", unit: 0, at: 5, result: { approved: true } });
    play(run, () => 1);
    expect(run.state.ended?.outcome).toBe("succeeded");
  });

  test("for a signal takes one that came before", () => {
    const run = begin(plan([step("a", { work: { kind: "signal", signal: "paid" } })]));
    run.apply({ kind: "signalled", name: "paid", payload: { sum: 3 }, at: 0 });
    play(run, () => 1);
    expect(run.state.steps.a).toMatchObject({ status: "succeeded", result: { sum: 3 } });
    expect(run.state.signals).toEqual([]);
  });

  test("for a time ends then", () => {
    const run = begin(plan([step("a", { work: { kind: "wait", for: 5_000 } })]));
    expect(play(run, () => 1).now).toBe(5_000);
  });
});

describe("a run that failed", () => {
  test("goes on with the step that failed, and keeps what succeeded", () => {
    const steps = [step("a"), step("b", { dependsOn: ["a"] }), step("c", { dependsOn: ["b"] })];
    const run = begin(plan(steps));
    play(run, ({ step: id }) => (id === "b" ? fault("denied") : id));
    expect(run.state.ended?.outcome).toBe("failed");
    run.apply({ kind: "stepsRetried", steps: ["b"], at: 10 });
    const { calls } = play(run, ({ step: id }) => id, 10);
    expect(calls.map(({ step: id }) => id)).toEqual(["b", "c"]);
    expect(run.state.ended?.outcome).toBe("succeeded");
  });

  test("refuses to try again what has not failed", () => {
    const run = begin(plan([step("a")]));
    play(run, () => 1);
    expect(() => run.apply({ kind: "stepsRetried", steps: ["a"], at: 1 })).toThrow(
      'Step "a" is succeeded: there is nothing to retry',
    );
  });
});

test("ten thousand steps cost no more each than ten", () => {
  const steps = Array.from({ length: 10_000 }, (_, at) =>
    step(`n${at}`, at === 0 ? {} : { dependsOn: [`n${Math.floor((at - 1) / 2)}`] }),
  );
  const run = begin(plan(steps, { maxConcurrency: 8 }));
  const { calls } = play(run, () => 1);
  expect(calls).toHaveLength(10_000);
  expect(run.state.ended?.outcome).toBe("succeeded");
});
