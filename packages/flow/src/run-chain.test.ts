import { type JsonObject, RpcError, TrestleError } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createManualClock, createTools, step, structured, untilAborted } from "./_run-chain.ts";
import { runChain } from "./run-chain.ts";
import type { FlowEvent } from "./state.ts";
import type { CallTool } from "./step-call.ts";

test("an ordered chain passes results on and answers what happened", async () => {
  const { clock, pass } = createManualClock();
  const { calls, callTool } = createTools({
    find() {
      pass(20);
      return {
        ...structured({ items: [{ id: 7 }] }),
        _meta: { "trestle/call": { execution_id: "e1" } },
      };
    },
    read: () => ({ content: [{ type: "text", text: '{"name":"Ada"}' }] }),
    tell: () => ({ content: [{ type: "text", text: "told" }] }),
  });
  const answer = await runChain(
    {
      name: "greet",
      input: { city: "Berlin" },
      steps: [
        step("find", { arguments: { city: "$city" } }),
        step("read", { params: { id: "$step_1.items[0].id" } }),
        step("tell", {
          id: "say",
          arguments: { text: "Hi $last_result.name of ${input.city}, $1" },
        }),
      ],
    },
    { callTool, clock, input: { city: "Rom" }, runId: "run9" },
  );
  expect(calls).toEqual([
    { tool: "find", args: { city: "Rom" }, key: "run9/step_1/0" },
    { tool: "read", args: { id: 7 }, key: "run9/step_2/0" },
    { tool: "tell", args: { text: "Hi Ada of Rom, $1" }, key: "run9/say/0" },
  ]);
  expect(answer).toEqual({
    chain_name: "greet",
    success: true,
    outcome: "succeeded",
    completed_steps: 3,
    total_steps: 3,
    total_duration_ms: 20,
    steps: [
      {
        id: "step_1",
        server: "s",
        tool: "find",
        success: true,
        result: { items: [{ id: 7 }] },
        duration_ms: 20,
        execution_id: "e1",
      },
      {
        id: "step_2",
        server: "s",
        tool: "read",
        success: true,
        result: { name: "Ada" },
        duration_ms: 0,
      },
      { id: "say", server: "s", tool: "tell", success: true, result: "told", duration_ms: 0 },
    ],
  });
});

describe("a step fails", () => {
  test.each<[string, () => unknown, object]>([
    [
      "with the tool's own error",
      () => ({ isError: true, content: [{ type: "text", text: "no such row" }] }),
      { code: "tool_error", message: "no such row" },
    ],
    [
      "with the code of one of our tools",
      () => ({
        isError: true,
        content: [{ type: "text", text: "gone" }],
        _meta: { "trestle/error": { code: "not_found" } },
      }),
      { code: "not_found", message: "gone" },
    ],
    [
      "with what the pipeline throws",
      () => {
        throw new TrestleError("denied", "needs s:t:write");
      },
      { code: "denied", message: "needs s:t:write" },
    ],
    [
      "with a protocol fault",
      () => {
        throw new RpcError(-32602, "bad");
      },
      { code: "-32602", message: "bad" },
    ],
    [
      "with no detail of a fault nobody expected",
      () => {
        throw new Error("secret at 10.0.0.1");
      },
      { code: "internal", message: "The call failed unexpectedly" },
    ],
    [
      "where the tool asks for input",
      () => ({ resultType: "input_required", inputRequests: {} }),
      { code: "unsupported", message: expect.stringContaining("asks for input") },
    ],
    [
      "where its result is too large to keep",
      () => structured("x".repeat(2_000)),
      { code: "invalid_input", message: expect.stringContaining("2002 characters, over 1000") },
    ],
  ])("%s", async (_name, answer, error) => {
    const { callTool } = createTools({ bad: answer });
    const chain = { name: "c", steps: [step("bad"), step("after")] };
    const { steps, ...facts } = await runChain(chain, { callTool, limits: { result: 1_000 } });
    expect(facts).toMatchObject({ success: false, outcome: "failed", completed_steps: 0 });
    expect(steps[0]).toMatchObject({ success: false, error });
    expect(steps[1]).toMatchObject({ skipped: true, reason: 'step "step_1" failed' });
  });
});

test("results together are bounded too", async () => {
  const { callTool } = createTools({ some: () => structured("x".repeat(400)) });
  const chain = { name: "c", steps: [step("some"), step("some"), step("some")] };
  const { steps } = await runChain(chain, { callTool, limits: { results: 1_000 } });
  expect(steps.map(({ success }) => success)).toEqual([true, true, false]);
  expect(steps[2]?.error?.message).toMatch(/would keep 1206 characters, over 1000/);
});

test("a definition that cannot run is refused before any call", async () => {
  const { calls, callTool } = createTools({});
  const chain = { name: "c", steps: [step("a"), step("b", { arguments: { x: "$step_9" } })] };
  await expect(runChain(chain, { callTool })).rejects.toMatchObject({ code: "invalid_input" });
  expect(calls).toEqual([]);
});

test("chains inside of chains end somewhere", async () => {
  let depth = 0;
  const chain = { name: "loop", steps: [step("run_chain")] };
  const callTool: CallTool = async () => {
    depth += 1;
    const answer = await runChain(chain, { callTool, depth });
    return structured(answer) as JsonObject;
  };
  const answer = await runChain(chain, { callTool });
  expect(JSON.stringify(answer)).toMatch(/at most 3 deep/);
  expect(depth).toBe(4);
});

describe("a DAG", () => {
  test("runs what is ready at once, and never more than allowed", async () => {
    let running = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    const { callTool } = createTools({
      async work() {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => gates.push(resolve));
        running -= 1;
        return structured({});
      },
    });
    const steps = Array.from({ length: 7 }, () => step("work"));
    const answered = runChain(
      { name: "c", steps, parallel: true },
      { callTool, limits: { concurrency: 3 } },
    );
    for (let opened = 0; opened < 7; opened += 1) {
      while (gates.length === 0) await new Promise(setImmediate);
      gates.shift()?.();
    }
    expect(await answered).toMatchObject({ success: true, completed_steps: 7 });
    expect(most).toBe(3);
  });

  test("cancels what runs when a step fails", async () => {
    const { callTool } = createTools({
      slow: untilAborted,
      bad: () => ({ isError: true, content: [{ type: "text", text: "no" }] }),
    });
    const steps = [step("slow"), step("bad"), step("next", { dependsOn: ["step_1"] })];
    const answer = await runChain({ name: "c", steps }, { callTool });
    expect(answer).toMatchObject({ success: false, outcome: "failed" });
    expect(answer.steps.map(({ error, skipped }) => error?.code ?? skipped)).toEqual([
      "cancelled",
      "tool_error",
      true,
    ]);
  });
});

test("events are told in order, and fold to the same end", async () => {
  const events: FlowEvent[] = [];
  const { callTool } = createTools({ a: () => structured({ n: 1 }), b: () => structured({}) });
  const steps = [step("a"), step("b", { when: "$last_result.n > 1" }), step("b")];
  await runChain({ name: "c", steps }, { callTool, onEvent: (event) => events.push(event) });
  expect(events.map((event) => [event.kind, "step" in event ? event.step : ""])).toEqual([
    ["stepStarted", "step_1"],
    ["stepSucceeded", "step_1"],
    ["stepSkipped", "step_2"],
    ["stepStarted", "step_3"],
    ["stepSucceeded", "step_3"],
  ]);
});
