import type { JsonObject } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createCall, createTestClock, writing } from "./_parts.ts";
import type { Call } from "./call.ts";
import { timeout } from "./timeout.ts";

const settings = () => ({ attemptMs: 100, maxMs: 250 });

/** A call that never ends by itself, and what the upstream saw of it. */
function start(call: Call = createCall()) {
  const clock = createTestClock();
  let sent: Call | undefined;
  const answer = Promise.withResolvers<JsonObject>();
  const result = timeout(settings, clock)(call, (next) => {
    sent = next;
    return answer.promise;
  });
  result.catch(() => {});
  return { clock, result, answer, context: () => (sent as Call).context };
}

describe("timeout", () => {
  test("passes an answer on and leaves no timer behind", async () => {
    const { clock, result, answer } = start();
    answer.resolve({ content: [] });
    expect(await result).toEqual({ content: [] });
    expect(clock.armed()).toBe(0);
  });

  test("passes a failure on and leaves no timer behind", async () => {
    const { clock, result, answer } = start();
    answer.reject(new Error("down"));
    await expect(result).rejects.toThrow("down");
    expect(clock.armed()).toBe(0);
  });

  test("ends a silent attempt and cancels the upstream's work", async () => {
    const { clock, result, context } = start();
    const reasons: unknown[] = [];
    const { attempt } = context();
    if (attempt) attempt.cancel = (reason) => reasons.push(reason);
    clock.advance(99);
    expect(reasons).toEqual([]);
    clock.advance(1);
    await expect(result).rejects.toMatchObject({
      code: "timeout",
      retryable: true,
      details: { upstream: "db", tool: "run", waitedMs: 100, outcomeUnknown: false },
    });
    expect(reasons).toMatchObject([{ code: "timeout" }]);
    expect(attempt?.ended).toBe(reasons[0]);
    expect(clock.armed()).toBe(0);
  });

  test("takes the time in which the user is asked for nobody's silence", async () => {
    const answered = Promise.withResolvers<JsonObject>();
    const context = { askClient: () => answered.promise, deadline: 1_200 };
    const { clock, result, context: sent } = start(createCall({ context }));
    clock.advance(90);
    const asked = sent().askClient?.("elicitation/create", {});
    clock.advance(5_000);
    answered.resolve({ action: "accept" });
    expect(await asked).toEqual({ action: "accept" });
    clock.advance(99);
    expect(sent().attempt?.ended).toBeUndefined();
    clock.advance(1);
    await expect(result).rejects.toMatchObject({ code: "timeout", details: { waitedMs: 190 } });
    expect(clock.armed()).toBe(0);
  });

  test("counts a second question from the answer to the first, towards the caller's deadline, too", async () => {
    const context = { askClient: async () => ({}), deadline: 1_150 };
    const { clock, result, context: sent } = start(createCall({ context }));
    clock.advance(80);
    await sent().askClient?.("roots/list", {});
    clock.advance(70);
    await expect(result).rejects.toMatchObject({
      details: { waitedMs: 150, limitedBy: "deadline" },
    });
  });

  test("many attempts share a timer, and each ends at its own time", async () => {
    const clock = createTestClock();
    const ended: string[] = [];
    const limits = new Map([
      ["slow", 300],
      ["quick", 50],
      ["usual", 100],
    ]);
    const policy = timeout(({ tool }) => {
      const attemptMs = limits.get(tool) ?? 0;
      return { attemptMs, maxMs: attemptMs };
    }, clock);
    const answers = new Map<string, PromiseWithResolvers<JsonObject>>();
    for (const tool of limits.keys()) {
      const answer = Promise.withResolvers<JsonObject>();
      answers.set(tool, answer);
      policy(createCall({ tool }), () => answer.promise).then(
        () => ended.push(`${tool} answered`),
        () => ended.push(`${tool} expired at ${clock.now()}`),
      );
    }
    expect(clock.armed()).toBe(1);
    clock.advance(60);
    answers.get("usual")?.resolve({ content: [] });
    await Promise.resolve();
    clock.advance(300);
    await Promise.resolve();
    await Promise.resolve();
    expect(ended.toSorted()).toEqual([
      "quick expired at 1060",
      "slow expired at 1360",
      "usual answered",
    ]);
    expect(clock.armed()).toBe(0);
  });

  test("says of a write that it may have had effects, and that it is not to be repeated", async () => {
    const { clock, result } = start(createCall({ hints: writing }));
    clock.advance(100);
    await expect(result).rejects.toMatchObject({
      retryable: false,
      details: { outcomeUnknown: true },
    });
    await expect(result).rejects.toThrow("check with a read");
  });

  test("waits anew after each progress, up to the longest attempt", async () => {
    const heard: number[] = [];
    const onProgress = ({ progress }: { progress: number }): void => void heard.push(progress);
    const { clock, result, context } = start(createCall({ context: { onProgress } }));
    for (const progress of [1, 2, 3]) {
      clock.advance(80);
      context().onProgress?.({ progress });
    }
    expect(context().attempt?.ended).toBeUndefined();
    clock.advance(10);
    await expect(result).rejects.toMatchObject({ details: { waitedMs: 250 } });
    expect(heard).toEqual([1, 2, 3]);
  });

  test("listens for progress though the caller does not", () => {
    const { context } = start();
    expect(() => context().onProgress?.({ progress: 1 })).not.toThrow();
  });

  test("never outlives the deadline of the call", async () => {
    const { clock, result } = start(createCall({ context: { deadline: 1_030 } }));
    clock.advance(30);
    await expect(result).rejects.toMatchObject({ details: { waitedMs: 30 } });
  });

  test("says whether the upstream or the caller's own deadline was the limit", async () => {
    const own = start(createCall({ context: { deadline: 1_030 } }));
    own.clock.advance(30);
    await expect(own.result).rejects.toMatchObject({ details: { limitedBy: "deadline" } });
    const attempt = start(createCall({ context: { deadline: 9_000 } }));
    attempt.clock.advance(100);
    await expect(attempt.result).rejects.toMatchObject({ details: { limitedBy: "attempt" } });
  });

  test("follows a deadline that moves while it waits", async () => {
    let deadline = 1_030;
    const call = createCall();
    Object.defineProperty(call.context, "deadline", { get: () => deadline });
    const { clock, result, answer } = start(call);
    deadline = 1_060;
    clock.advance(50);
    answer.resolve({ content: [] });
    expect(await result).toEqual({ content: [] });
    expect(clock.armed()).toBe(0);
  });

  test("ends at once when the deadline has passed", async () => {
    const { clock, result } = start(createCall({ context: { deadline: 900 } }));
    clock.advance(0);
    await expect(result).rejects.toMatchObject({ code: "timeout" });
  });

  test("leaves the caller's own signal as it is", () => {
    const { signal } = new AbortController();
    const { context } = start(createCall({ context: { signal } }));
    expect(context().signal).toBe(signal);
  });
});

test("questions that are open at the same time stand still as one", async () => {
  const answers = [Promise.withResolvers<JsonObject>(), Promise.withResolvers<JsonObject>()];
  let asked = 0;
  const askClient = () => (answers[asked++] as (typeof answers)[0]).promise;
  const { clock, result, answer, context } = start(createCall({ context: { askClient } }));
  const first = context().askClient?.("elicitation/create", {});
  clock.advance(500);
  const second = context().askClient?.("elicitation/create", {});
  clock.advance(500);
  answers[0]?.resolve({});
  await first;
  clock.advance(500);
  answers[1]?.resolve({});
  await second;
  clock.advance(99);
  answer.resolve({ content: [] });
  expect(await result).toEqual({ content: [] });
});
