import { manualClock, until } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import type { BudgetLimits } from "../budget.ts";
import { dialects, read, run, start } from "./_model-run.ts";

const endless = () => ({ calls: [read("again")], usage: { input: 1_000, output: 100 } });

describe.each(dialects)("an agent over $name", (which) => {
  test.each<[BudgetLimits, string]>([
    [{ calls: 7 }, "calls"],
    [{ tokens: 8_000 }, "tokens"],
    [{ money: 0.09 }, "money"],
  ])("in an endless loop is stopped before it passes %j", async (limits, bound) => {
    const { outcome } = await run(which, { turns: endless, limits });
    expect(outcome.end).toEqual({ kind: "budget", bound });
    expect(outcome.turns).toBeGreaterThan(1);
    const { calls, tokens, money } = outcome.spent;
    expect(calls).toBeLessThanOrEqual(limits.calls ?? Infinity);
    expect(tokens).toBeLessThanOrEqual(limits.tokens ?? Infinity);
    expect(money).toBeLessThanOrEqual(limits.money ?? Infinity);
  });

  test("asks nothing at all where not even the first request fits", async () => {
    const { outcome, server } = await run(which, { turns: endless, limits: { tokens: 100 } });
    expect(outcome).toMatchObject({ end: { kind: "budget", bound: "tokens" }, turns: 0 });
    expect(server.seen).toEqual([]);
  });

  test("asks for no longer an answer than the budget has left", async () => {
    const { server } = await run(which, { turns: [{ text: "Done." }], limits: { tokens: 1_000 } });
    expect(server.seen[0]?.body.max_tokens).toBeLessThan(500);
  });

  test("is stopped when its time is up, whatever it waits for", async () => {
    const clock = manualClock();
    const { ended, server } = await start(which, {
      turns: [{ status: "silence" }],
      limits: { wallMs: 5_000 },
      clock,
    });
    await until("it asks", () => server.seen.length === 1);
    clock.advance(5_000);
    expect((await ended).end).toEqual({ kind: "budget", bound: "wallMs" });
  });

  test("asks again when it was turned away, after as long as it is told", async () => {
    const clock = manualClock();
    const { ended, server } = await start(which, {
      turns: [
        { status: 429, retryAfter: "7" },
        { status: 529 },
        { text: "Done.", usage: { input: 10, output: 10 } },
      ],
      clock,
    });
    await until("it waits as told", () => clock.next() === 7_000);
    clock.advance(7_000);
    await until("it waits", () => server.seen.length === 2 && clock.next() === 1_000);
    clock.advance(1_000);
    expect(await ended).toMatchObject({ end: { kind: "done" }, spent: { calls: 1, tokens: 20 } });
  });

  test("does not wait for longer than a minute", async () => {
    const { ended } = await start(which, { turns: [{ status: 429, retryAfter: "3600" }] });
    await expect(ended).rejects.toMatchObject({ code: "rate_limited" });
  });

  test("takes an answer that never came for as dear as one may be", async () => {
    const { outcome } = await run(which, {
      turns: [{ status: "reset" }, { text: "Done.", usage: { input: 10, output: 10 } }],
    });
    expect(outcome.end.kind).toBe("done");
    expect(outcome.spent.tokens).toBeGreaterThan(1_000);
    const { ended } = await start(which, { turns: [{ status: "reset" }], limits: { calls: 1 } });
    expect((await ended).end).toEqual({ kind: "budget", bound: "calls" });
  });

  test("counts itself where the provider does not", async () => {
    const { outcome } = await run(which, { turns: [{ text: "Done.", usage: null }] });
    expect(outcome.spent.tokens).toBeGreaterThan(100);
  });
});
