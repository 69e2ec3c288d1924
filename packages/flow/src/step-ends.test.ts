import { RpcError, TrestleError } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createManualClock, createTools, step, structured } from "./_run-chain.ts";
import { runChain } from "./run-chain.ts";

/** What a chain of one call answers of it. */
async function endOf(answer: () => unknown) {
  const { callTool } = createTools({ t: answer });
  const { clock } = createManualClock();
  const { steps } = await runChain({ name: "c", steps: [step("t")] }, { callTool, clock });
  return steps[0];
}

const fail = (error: Error) => () => {
  throw error;
};

describe("a call that fails", () => {
  test.each([
    [
      "with a failure of the bridge",
      new TrestleError("unavailable", "down", { executionId: "e1" }),
      { execution_id: "e1", error: { code: "unavailable", message: "down" } },
    ],
    [
      "with an error of the protocol",
      new RpcError(-32_602, "Unknown tool"),
      { error: { code: "-32602", message: "Unknown tool" } },
    ],
    [
      "unexpectedly",
      new TypeError("x of undefined"),
      { error: { code: "internal", message: "The call failed unexpectedly" } },
    ],
  ])("%s is told so", async (_how, error, told) => {
    expect(await endOf(fail(error))).toMatchObject({ success: false, ...told });
  });
});

describe("a result", () => {
  test.each([
    ["that asks for input", { resultType: "input_required" }, { code: "unsupported" }],
    [
      "that is an error without words",
      { isError: true },
      { code: "tool_error", message: "The tool reported an error without a text" },
    ],
    [
      "that is an error with a code and words",
      {
        isError: true,
        content: [{ type: "image" }, 7, { type: "text", text: "No such row" }],
        _meta: { "trestle/error": { code: "not_found" } },
      },
      { code: "not_found", message: "No such row" },
    ],
    [
      "whose facts are none",
      { isError: true, _meta: { "trestle/error": "x", "trestle/call": { execution_id: 7 } } },
      { code: "tool_error" },
    ],
  ])("%s is a failure of the step", async (_what, result, error) => {
    expect(await endOf(() => result)).toMatchObject({ success: false, error });
  });

  test.each([
    ["with a document", structured({ a: 1 }), { a: 1 }],
    ["with text alone", { content: [{ type: "text", text: "plain" }] }, "plain"],
    ["with neither", { content: "odd" }, { content: "odd" }],
  ])("%s is the step's", async (_what, answer, result) => {
    expect(await endOf(() => answer)).toMatchObject({ success: true, result });
  });
});

describe("a reference without a value says where it ends", () => {
  test.each([
    ["${results.step_1.a.b.c}", /is number and has no "b"/],
    ["${results.step_1.list.name}", /pick one item/],
    ["${results.step_1.list[7]}", /has no \[7\]/],
    ["${results.step_1.nil.x}", /is null and has no "x"/],
    ["${results.step_1['no such']}", /has no "no such"/],
  ])("%s", async (reference, problem) => {
    const { callTool } = createTools({ t: () => structured({ a: 1, list: [1], nil: null }) });
    const steps = [step("t"), step("t", { arguments: { reference } })];
    const answer = await runChain({ name: "c", steps }, { callTool });
    expect(answer.steps[1]).toMatchObject({
      error: { code: "invalid_input", message: expect.stringMatching(problem) },
    });
  });
});
