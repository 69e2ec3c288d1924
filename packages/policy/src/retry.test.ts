import { type ErrorFacts, RpcError, TRESTLE_META, TrestleError } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createCall, createTestClock, outcomeOf, pass, settle, writing } from "./_parts.ts";
import type { Call } from "./call.ts";
import { DEFAULT_RETRY, type RetrySettings, retry } from "./retry.ts";
import { createRetryBudget, type RetryBudgetSettings } from "./retry-budget.ts";
import { timeout } from "./timeout.ts";

const ok = { content: [] };
const unsent = () => new TrestleError("unavailable", "gone", { details: { sent: false } });
const busy = (facts: ErrorFacts = {}) =>
  new TrestleError("unavailable", "HTTP 503.", { details: { sent: true, status: 503 }, ...facts });
const silent = () => new TrestleError("timeout", "No answer.", { retryable: false });
const lost = () => new TrestleError("outcome_unknown", "It died.", { details: { sent: true } });

interface SetUp {
  readonly settings?: Partial<RetrySettings>;
  readonly random?: () => number;
  readonly budget?: RetryBudgetSettings;
}

/** An upstream that fails as told and then answers, and when it was asked. */
function setUp({ settings, random = () => 0.5, budget }: SetUp = {}) {
  const clock = createTestClock(0);
  const policy = retry({
    settingsFor: () => ({ ...DEFAULT_RETRY, ...settings }),
    clock,
    random,
    budget: createRetryBudget(clock, budget),
  });
  function run(call: Call, ...failures: readonly Error[]) {
    const askedAt: number[] = [];
    const seen: Call[] = [];
    const result = policy(call, async (sent) => {
      askedAt.push(clock.now());
      seen.push(sent);
      call.trail.attempts += 1;
      const failure = failures[askedAt.length - 1];
      if (failure) throw failure;
      return ok;
    });
    return { result: outcomeOf(result), askedAt, seen, call };
  }
  return { clock, run };
}

describe("a read that fails for a passing reason", () => {
  test("is tried again after 1, 2 and 4 seconds", async () => {
    const { clock, run } = setUp();
    const { result, askedAt, call } = run(createCall(), busy(), busy(), busy());
    await pass(clock, 7_000, 100);
    expect(await result).toBe(ok);
    expect(askedAt).toEqual([0, 1_000, 3_000, 7_000]);
    expect(call.trail.retries).toBe(3);
    expect(clock.armed()).toBe(0);
  });

  test("fails with the last reason when the retries are used up", async () => {
    const { clock, run } = setUp();
    const { result, askedAt } = run(createCall(), busy(), busy(), busy(), silent(), busy());
    await pass(clock, 20_000, 500);
    expect(await result).toMatchObject({ error: { code: "timeout", message: "No answer." } });
    expect(askedAt).toHaveLength(4);
  });

  test.each([
    [0, 800],
    [0.999_999, 1_200],
  ])("waits a fifth less or more (%s → %s ms)", async (random, expected) => {
    const { clock, run } = setUp({ random: () => random });
    const { result, askedAt } = run(createCall(), busy());
    await pass(clock, 1_300, 50);
    expect(await result).toBe(ok);
    expect(askedAt[1]).toBeCloseTo(expected, 0);
  });

  test("waits as long as the upstream asks", async () => {
    const { clock, run } = setUp();
    const { askedAt } = run(createCall(), busy({ retryAfterMs: 9_000 }));
    await pass(clock, 9_000, 500);
    expect(askedAt).toEqual([0, 9_000]);
  });

  test("is not waited for where the upstream asks for more time than anybody has", async () => {
    const { run } = setUp();
    const { result } = run(
      createCall({ context: { deadline: 5_000 } }),
      busy({ retryAfterMs: 5_000 }),
    );
    expect(await result).toMatchObject({ error: { code: "unavailable", retryAfterMs: 5_000 } });
  });

  test("is tried again soon where only the connection was lost", async () => {
    const { clock, run } = setUp();
    const { result, askedAt } = run(createCall(), lost());
    await pass(clock, 100);
    expect(await result).toBe(ok);
    expect(askedAt).toEqual([0, 100]);
  });

  test("waits longer where it was asked to slow down", async () => {
    const { clock, run } = setUp();
    const { askedAt } = run(createCall(), new TrestleError("rate_limited", "HTTP 429."));
    await pass(clock, 2_000, 100);
    expect(askedAt).toEqual([0, 2_000]);
  });

  test("ends at once when the caller cancels the wait", async () => {
    const { clock, run } = setUp();
    const controller = new AbortController();
    const { result, askedAt } = run(createCall({ context: { signal: controller.signal } }), busy());
    await pass(clock, 500);
    controller.abort();
    expect(await result).toMatchObject({ error: { code: "cancelled" } });
    expect(askedAt).toHaveLength(1);
    expect(clock.armed()).toBe(0);
  });
});

test("a read that was never answered has no unknown outcome", async () => {
  const { clock, run } = setUp({ settings: { retries: 1 } });
  const { result } = run(createCall(), lost(), lost());
  await pass(clock, 10_000, 100);
  expect(await result).toMatchObject({
    error: { code: "unavailable", retryable: true, message: expect.stringContaining("only reads") },
  });
});

describe("what does not pass by itself", () => {
  test.each([
    ["a protocol error", new RpcError(-32603, "broken")],
    ["a denial", new TrestleError("denied", "no")],
    ["a mistake of the caller", new TrestleError("invalid_input", "no")],
    ["a failure that says so", busy({ retryable: false })],
    [
      "a refusal of the breaker",
      new TrestleError("unavailable", "open", { details: { refusedBy: "breaker", sent: false } }),
    ],
    ["a failure nobody foresaw", new Error("bug")],
  ])("%s is not tried again", async (_what, error) => {
    const { run } = setUp();
    const { result, askedAt } = run(createCall(), error);
    expect(await result).toEqual({ error });
    expect(askedAt).toHaveLength(1);
  });

  test("a result that is an error is an answer", async () => {
    const { clock } = setUp();
    const failed = { isError: true };
    const policy = retry({
      settingsFor: () => DEFAULT_RETRY,
      clock,
      random: Math.random,
      budget: createRetryBudget(clock),
    });
    expect(await policy(createCall(), async () => failed)).toBe(failed);
  });
});

describe("a write", () => {
  const write = () => createCall({ hints: writing });

  test("that surely never left is tried again", async () => {
    const { clock, run } = setUp();
    const { result, askedAt } = run(write(), unsent());
    await pass(clock, 100);
    expect(await result).toBe(ok);
    expect(askedAt).toHaveLength(2);
  });

  test.each([
    ["was lost", lost()],
    ["was not answered", silent()],
    ["was answered by a gateway in trouble", busy()],
    ["failed without saying whether it left", new TrestleError("unavailable", "gone")],
  ])("that %s has an unknown outcome, and is not repeated", async (_what, error) => {
    const { clock, run } = setUp({ settings: { checkWith: "db__list" } });
    const { result, askedAt } = run(write(), error);
    await pass(clock, 10_000, 500);
    expect(askedAt).toHaveLength(1);
    expect(await result).toMatchObject({
      error: {
        code: "outcome_unknown",
        retryable: false,
        message: expect.stringContaining('Check with "db__list"'),
        details: { upstream: "db", tool: "run", sent: true, checkWith: "db__list" },
        cause: error,
      },
    });
  });

  test("that was given up says once what to do", async () => {
    const { clock, run } = setUp({ settings: { retries: 0 } });
    const silence = timeout(() => ({ attemptMs: 100, maxMs: 100 }), clock);
    const call = write();
    const given = outcomeOf(silence(call, () => new Promise(() => {})));
    clock.advance(100);
    const { error } = (await given) as { error: Error };
    expect(await run(call, error).result).toMatchObject({
      error: {
        code: "outcome_unknown",
        message:
          "db.run may or may not have taken effect: db did not answer run within 100 ms. Check with a read before you repeat it.",
      },
    });
  });

  test("that the upstream turned away was not done, and is tried again", async () => {
    const error = new TrestleError("rate_limited", "HTTP 429.", {
      details: { sent: true, status: 429 },
    });
    const { clock, run } = setUp({ settings: { retries: 1 } });
    const once = run(write(), error);
    await pass(clock, 2_000, 100);
    expect(await once.result).toBe(ok);
    const ever = run(write(), error, error);
    await pass(clock, 2_000, 100);
    expect(await ever.result).toEqual({ error });
    expect(ever.askedAt).toHaveLength(2);
  });

  test("is repeated where the upstream does a thing once per key, always with the same key", async () => {
    const { clock, run } = setUp({ settings: { idempotent: true } });
    const { result, seen } = run(write(), silent(), lost());
    await pass(clock, 3_000, 100);
    expect(await result).toBe(ok);
    const keys = seen.map(({ params }) => params._meta);
    expect(keys).toEqual(Array(3).fill({ [TRESTLE_META.idempotencyKey]: "e1" }));
  });

  test("keeps the key that its caller gave it", async () => {
    const { run } = setUp({ settings: { idempotent: true } });
    const params = { name: "run", _meta: { other: 1, [TRESTLE_META.idempotencyKey]: "r/s/1" } };
    const { result, seen } = run(createCall({ hints: writing, params }));
    await result;
    expect(seen[0]?.params).toEqual(params);
  });

  test("stays unknown though its last attempt surely never left", async () => {
    const { clock, run } = setUp({ settings: { idempotent: true } });
    const { result } = run(write(), silent(), unsent(), unsent(), unsent());
    await pass(clock, 20_000, 500);
    expect(await result).toMatchObject({ error: { code: "outcome_unknown" } });
  });

  test("that broke in the upstream is told as the upstream told it", async () => {
    const error = new RpcError(-32603, "broken");
    expect(await setUp().run(write(), error).result).toEqual({ error });
  });

  test("stays unknown when it is cancelled between two attempts", async () => {
    const { clock, run } = setUp({ settings: { idempotent: true } });
    const controller = new AbortController();
    const call = createCall({ hints: writing, context: { signal: controller.signal } });
    const { result } = run(call, silent());
    await pass(clock, 10);
    controller.abort();
    expect(await result).toMatchObject({ error: { code: "outcome_unknown" } });
  });
});

test("retries stop when the server's budget is spent, and come back with its successes", async () => {
  const { clock, run } = setUp({ budget: { capacity: 2, perCall: 0.5, perSecond: 0 } });
  const fail = async () => {
    const { result, askedAt } = run(createCall(), ...Array.from({ length: 9 }, () => busy()));
    await pass(clock, 20_000, 500);
    await result;
    return askedAt.length;
  };
  expect(await fail()).toBe(3);
  expect(await fail()).toBe(1);
  expect(await fail()).toBe(2);
  for (let call = 0; call < 4; call += 1) await run(createCall()).result;
  expect(await fail()).toBe(3);
  const other = run(createCall({ server: "other" }), busy());
  await pass(clock, 2_000, 500);
  await settle();
  expect(await other.result).toBe(ok);
});
