import { RpcError, silentLogger, TRESTLE_META, TrestleError } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createCall, createTestClock, writing } from "./_parts.ts";
import { failing, run } from "./_record.ts";
import { record } from "./record.ts";
import { createRedact } from "./redact.ts";

describe("record", () => {
  test("keeps no secret of an error's message", async () => {
    const { row } = await run(
      createCall(),
      failing(new TrestleError("unavailable", "postgres://ann:hunter2@db/x is down")),
    );
    expect(row?.errorMessage).toBe("postgres://ann:[redacted]@db/x is down");
  });

  test("counts a result that reports a failure as a tool's error", async () => {
    const result = {
      isError: true,
      content: [{ type: "text", text: "x".repeat(600) }],
      _meta: { "trestle/error": { code: "not_found" } },
    };
    const { row } = await run(createCall(), async () => result);
    expect(row).toMatchObject({ outcome: "tool_error", errorCode: "not_found" });
    expect(row?.errorMessage).toHaveLength(500);
    const bare = await run(createCall(), async () => ({ isError: true }));
    expect(bare.row).toMatchObject({
      outcome: "tool_error",
      errorCode: "tool_error",
      errorMessage: "",
    });
  });

  test.each([
    ["error", createCall(), new RpcError(-32_602, "Unknown"), "-32602"],
    ["error", createCall(), new TrestleError("timeout", "slow"), "timeout"],
    ["error", createCall({ hints: writing }), new TrestleError("denied", "no"), "denied"],
    ["error", createCall(), new Error("boom"), "internal"],
    [
      "outcome_unknown",
      createCall({ hints: writing }),
      new TrestleError("timeout", "slow"),
      "timeout",
    ],
    [
      "outcome_unknown",
      createCall({ hints: writing }),
      new TrestleError("cancelled", "left"),
      "cancelled",
    ],
    [
      "outcome_unknown",
      createCall({ hints: writing }),
      new TrestleError("outcome_unknown", "?"),
      "outcome_unknown",
    ],
  ] as const)("writes %s for a call %# that failed", async (outcome, call, error, code) => {
    const { row } = await run(call, failing(error));
    expect(row).toMatchObject({ outcome, errorCode: code, errorMessage: error.message });
  });

  test.each([
    new RpcError(-32_602, "Unknown", { why: ["such"] }),
    new RpcError(-32_603, "Broke"),
    new TrestleError("denied", "no", { details: { sent: false }, cause: "that" }),
    new TrestleError("rate_limited", "slow down", { retryAfterMs: 7, retryable: false }),
  ])("passes on the failure %# as it is, under the call's own id", async (error) => {
    const { answer } = await run(createCall(), failing(error));
    expect({ ...(answer.thrown as object) }).toEqual({ ...error, executionId: "e1" });
    expect(answer.thrown).toMatchObject({ message: error.message });
    // Another call may have failed by the same one.
    expect(error.executionId).toBeUndefined();
    const again = await run(createCall({ executionId: "e2" }), failing(answer.thrown));
    expect(again.answer.thrown).toMatchObject({ executionId: "e2" });
  });

  test("tells the log alone of what nobody expected, unless the caller has gone", async () => {
    const told: unknown[] = [];
    const log = { ...silentLogger, error: (...words: unknown[]) => void told.push(words) };
    const history = { started: async () => {}, finished: () => {} };
    const policy = record({ history, clock: createTestClock(), redact: createRedact(), log });
    const boom = failing(new Error("a secret of the inside"));
    await expect(policy(createCall(), boom)).rejects.toMatchObject({
      code: "internal",
      executionId: "e1",
      message: expect.not.stringContaining("secret"),
    });
    expect(told).toMatchObject([
      ["a call failed unexpectedly", { executionId: "e1", error: "a secret of the inside" }],
    ]);
    const gone = createCall({ context: { signal: AbortSignal.abort() } });
    await expect(policy(gone, boom)).rejects.toThrow("a secret of the inside");
    expect(told).toHaveLength(1);
  });

  test("keeps no secret among the arguments", async () => {
    const params = { name: "run", arguments: { password: "hunter2", sql: "select 1" } };
    const { row } = await run(createCall({ params }), async () => ({}));
    expect(row?.arguments).toEqual({ password: "[redacted]", sql: "select 1" });
  });

  test("names the run whose step it is, by the key of the step and no other", async () => {
    const runFor = async (key: string) => {
      const params = { name: "run", _meta: { [TRESTLE_META.idempotencyKey]: key } };
      return (await run(createCall({ params }), async () => ({}))).row?.run;
    };
    expect(await runFor("b8504ccb-f176/step_2/0")).toBe("b8504ccb-f176");
    expect(await runFor("b8504ccb-f176/step_2/0.3")).toBe("b8504ccb-f176");
    expect(await runFor("pay-invoice-7")).toBeUndefined();
    expect(await runFor("a/b/c/d")).toBeUndefined();
    expect(await runFor(`${"x".repeat(101)}/b/c`)).toBeUndefined();
  });

  test("names the execution that this one belongs to", async () => {
    const { row } = await run(createCall({ parentExecutionId: "p" }), async () => ({}));
    expect(row?.parentExecutionId).toBe("p");
  });

  test("keeps no more of a server's error code than a code takes", async () => {
    const error = { code: "x".repeat(100_000) };
    const { row } = await run(createCall(), async () => ({
      content: [],
      isError: true,
      _meta: { [TRESTLE_META.error]: error },
    }));
    expect(row?.errorCode).toBe("x".repeat(64));
  });
});

test("a write whose caller left while its start was stored is not sent, and says so itself", async () => {
  const caller = new AbortController();
  const history = { started: async () => caller.abort(), finished: () => {} };
  const policy = record({ history, clock: createTestClock(), redact: createRedact() });
  let sent = 0;
  const call = createCall({ hints: writing, context: { signal: caller.signal } });
  const work = policy(call, async () => ({ sent: ++sent }));
  await expect(work).rejects.toMatchObject({
    code: "cancelled",
    details: { refusedBy: "record", sent: false },
  });
  expect(sent).toBe(0);
});
