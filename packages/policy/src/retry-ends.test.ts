import { TRESTLE_META, TrestleError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createCall, createTestClock, outcomeOf, pass, writing } from "./_parts.ts";
import type { Call } from "./call.ts";
import { DEFAULT_RETRY, type RetrySettings, retry } from "./retry.ts";
import { createRetryBudget } from "./retry-budget.ts";

const busy = (retryAfterMs?: number) =>
  new TrestleError("unavailable", "HTTP 503.", {
    details: { sent: true, status: 503 },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

/** A call to an upstream that fails so, one failure after the other, and what it was sent. */
function start(call: Call, failures: readonly (() => Error)[], settings?: Partial<RetrySettings>) {
  const clock = createTestClock(0);
  const sent: Call[] = [];
  const policy = retry({
    settingsFor: () => ({ ...DEFAULT_RETRY, ...settings }),
    clock,
    random: () => 0.5,
    budget: createRetryBudget(clock),
  });
  const result = outcomeOf(
    policy(call, async (passed) => {
      sent.push(passed);
      call.trail.attempts += 1;
      const failure = failures[sent.length - 1];
      if (failure) throw failure();
      return {};
    }),
  );
  return { clock, sent, result };
}

test("who went away while the server failed gets the failure, and nothing more is asked", async () => {
  const caller = new AbortController();
  const call = createCall({ context: { signal: caller.signal } });
  const leave = () => {
    caller.abort();
    return busy();
  };
  const { clock, sent, result } = start(call, [leave]);
  await pass(clock, 5_000, 500);
  expect(await result).toMatchObject({ error: { code: "unavailable" } });
  expect(sent).toHaveLength(1);
});

test("a server that asks for more patience than is configured is not waited for", async () => {
  const { clock, sent, result } = start(createCall(), [() => busy(60_001)], { maxDelayMs: 60_000 });
  await pass(clock, 70_000, 5_000);
  expect(await result).toMatchObject({ error: { code: "unavailable", retryAfterMs: 60_001 } });
  expect(sent).toHaveLength(1);
});

test("a read that was lost is told as one without an answer, in the words of the failure", async () => {
  const { clock, result } = start(
    createCall(),
    [() => new TrestleError("outcome_unknown", "it died")],
    { retries: 0 },
  );
  await pass(clock, 100);
  expect(await result).toMatchObject({
    error: {
      code: "unavailable",
      message: expect.stringContaining('upstream "db" it died'),
      details: { upstream: "db", tool: "run" },
    },
  });
});

test("a write keeps what its caller said beside the key that all its attempts share", async () => {
  const params = { name: "run", _meta: { progressToken: 7 } };
  const { sent } = start(createCall({ hints: writing, params }), [], {
    idempotent: true,
  });
  expect(sent[0]?.params).toEqual({
    name: "run",
    _meta: { progressToken: 7, [TRESTLE_META.idempotencyKey]: "e1" },
  });
});

test("a repeated write that ends in something unforeseen may still have taken effect", async () => {
  const silent = () => new TrestleError("timeout", "No answer.");
  const call = createCall({ hints: writing });
  const { clock, result } = start(call, [silent, () => new Error("broken")], { idempotent: true });
  await pass(clock, 5_000, 500);
  expect(await result).toMatchObject({
    error: { code: "outcome_unknown", details: { reason: "error", outcomeUnknown: true } },
  });
});
