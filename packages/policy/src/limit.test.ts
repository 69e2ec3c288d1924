import type { Principal } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createCall, createTestClock } from "./_parts.ts";
import { defaultLimits, type LimitRule, type LimitSettings, limit } from "./limit.ts";
import { createMemoryLimits } from "./limit-memory.ts";

const ann: Principal = { id: "ann", kind: "key" };
const bob: Principal = { id: "bob", kind: "key" };
const perMinute = (calls: number) => ({ calls, windowMs: 60_000 });

function setUp(settings?: LimitSettings) {
  const clock = createTestClock();
  const settingsFor = settings === undefined ? defaultLimits : () => settings;
  const policy = limit({ settingsFor, store: createMemoryLimits(clock), clock });
  let sent = 0;
  const run = async (principal: Principal, tool = "run", server = "db") => {
    const call = createCall({ server, tool, context: { principal } });
    await policy(call, async () => ({ sent: ++sent }));
    return call.trail.limit;
  };
  return { clock, run, sent: () => sent };
}

test("a key has 100 calls a minute, and each answer says how many are left", async () => {
  const { run, clock, sent } = setUp();
  expect(await run(ann)).toEqual({ limit: 100, remaining: 99, reset: 61_000 });
  for (let call = 2; call <= 100; call += 1) await run(ann);
  clock.advance(20_000);
  await expect(run(ann)).rejects.toMatchObject({
    code: "rate_limited",
    retryable: true,
    retryAfterMs: 40_000,
    details: { limited: "principal", limit: 100, remaining: 0, reset: 61_000, sent: false },
  });
  expect(sent()).toBe(100);
});

test("the refused caller is served again when the window ends", async () => {
  const { run, clock } = setUp({ principal: perMinute(1) });
  await run(ann);
  clock.advance(59_999);
  await expect(run(ann)).rejects.toMatchObject({ retryAfterMs: 1 });
  clock.advance(1);
  expect(await run(ann)).toMatchObject({ remaining: 0, reset: 121_000 });
});

test("principals do not use up each other's calls", async () => {
  const { run } = setUp({ principal: perMinute(1) });
  await run(ann);
  await run(bob);
  await expect(run(ann)).rejects.toThrow("limit of this principal");
});

test("the local caller is not limited unless that is configured", async () => {
  const { run, sent } = setUp();
  for (let call = 0; call < 500; call += 1) await run({ id: "local", kind: "local" });
  expect(sent()).toBe(500);
});

test("a server's limit holds for all its callers and tools, a tool's for that tool", async () => {
  const { run } = setUp({ server: perMinute(3), tool: perMinute(2) });
  await run(ann, "a");
  await run(bob, "a");
  await expect(run(ann, "a")).rejects.toThrow("limit of this tool");
  // The refusal above counted for the server: whoever asks in vain asks, too.
  await expect(run(ann, "b")).rejects.toThrow("limit of this server");
  await run(ann, "b", "other");
});

test("the tightest limit is the one that is told", async () => {
  const { run } = setUp({ principal: perMinute(10), tool: perMinute(5) });
  expect(await run(ann)).toMatchObject({ limit: 5, remaining: 4 });
});

test("what a caller is refused for its own limit costs the others nothing", async () => {
  const { run } = setUp({ principal: perMinute(1), tool: perMinute(2) });
  await run(ann);
  for (let call = 0; call < 5; call += 1) await expect(run(ann)).rejects.toThrow("principal");
  expect(await run(bob)).toBeDefined();
});

test("limits that are kept elsewhere, and are known a moment later, hold the same", async () => {
  const clock = createTestClock();
  const kept = createMemoryLimits(clock);
  const rules = { principal: perMinute(3), server: perMinute(2), tool: perMinute(1) };
  const store = { ...kept, take: async (key: string, rule: LimitRule) => kept.take(key, rule) };
  const policy = limit({ settingsFor: () => rules, store, clock });
  const run = (principal: Principal, tool: string) =>
    policy(createCall({ tool, context: { principal } }), async () => ({}));
  await run(ann, "a");
  await expect(run(ann, "a")).rejects.toThrow("limit of this tool");
  await expect(run(bob, "b")).rejects.toThrow("limit of this server");
  await expect(run(ann, "b")).rejects.toThrow("limit of this server");
  await expect(run(ann, "b")).rejects.toThrow("limit of this principal");
});

test("more callers than are remembered by name are still told apart", async () => {
  const { run } = setUp({ principal: perMinute(1) });
  for (let n = 0; n <= 1_000; n += 1) await run({ id: `key-${n}`, kind: "key" });
  for (const n of [0, 999, 1_000]) {
    await expect(run({ id: `key-${n}`, kind: "key" })).rejects.toThrow("limit of this principal");
  }
});
