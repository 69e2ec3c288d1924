import { afterEach, beforeEach, expect, test } from "vitest";
import { claimed, LEASE_MS, openWorld, owner, type World } from "./_swarms.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.close();
  world.remove();
});

test("tasks are given once each, the most important first, and what depends on them after them", async () => {
  const { swarms } = world;
  await world.create();
  const one = await world.join();
  const two = await world.join();
  const low = await swarms.submit({ title: "low", priority: 1 }, owner);
  const high = await swarms.submit({ title: "high", priority: 9 }, owner);
  const last = await swarms.submit({ title: "last", dependsOn: [low.id, high.id] }, owner);
  const first = await claimed(world, one);
  const second = await claimed(world, two);
  expect([first.task, second.task]).toEqual([high.id, low.id]);
  expect(await swarms.claim({}, one.who)).toMatchObject({ kind: "none", why: "No task is ready" });
  await swarms.complete({ ...first, result: 1, spent: { calls: 2 } }, one.who);
  await swarms.complete({ ...second, result: { two: 2 }, spent: { calls: 3 } }, two.who);
  const third = await claimed(world, one);
  expect(third.task).toBe(last.id);
  await swarms.complete({ ...third, result: null }, one.who);
  const results = await swarms.results({ limit: 10 }, owner);
  expect(results.tasks.map(({ status, result }) => [status, result])).toEqual([
    ["succeeded", { two: 2 }],
    ["succeeded", 1],
    ["succeeded", null],
  ]);
  expect(results.cost.calls).toBe(5);
});

test("a claim waits for a task, and a swarm that nobody uses has no timer", async () => {
  const { swarms, time } = world;
  await world.create();
  expect(time.armed()).toBe(0);
  const one = await world.join();
  const waiting = swarms.claim({ waitMs: 10_000 }, one.who);
  await swarms.submit({ title: "late" }, owner);
  expect(await waiting).toMatchObject({ kind: "task", task: { title: "late" } });
  const lease = (await swarms.heartbeat({}, one.who)).leases[0];
  await swarms.complete({ task: "", fence: 0, ...lease, result: 1 }, one.who);
  await swarms.leave({}, one.who);
  expect(time.armed()).toBe(0);
});

test("while the process that watches was stopped, nobody was silent", async () => {
  const { swarms, time } = world;
  await world.create();
  const one = await world.join();
  await swarms.submit({ title: "a" }, owner);
  const lease = await claimed(world, one);
  time.advance(LEASE_MS / 2);
  // Its timer runs when it goes on, late; what the agent said meanwhile is heard after that.
  time.set(time.now() + 100 * LEASE_MS);
  time.advance(0);
  expect((await swarms.heartbeat({}, one.who)).leases).toEqual([lease]);
  time.advance(LEASE_MS - 1);
  expect((await swarms.heartbeat({}, one.who)).leases).toEqual([lease]);
  time.advance(LEASE_MS);
  expect((await swarms.heartbeat({}, one.who)).leases).toEqual([]);
});

test("an agent that shows signs of life and never ends has a task for so long, and is told why it lost it", async () => {
  const { swarms, time } = world;
  await world.create();
  const one = await world.join();
  const two = await world.join();
  const facts = { title: "a", maxMs: 3 * LEASE_MS, maxAttempts: 2 };
  const { id } = await swarms.submit(facts, owner);
  const lease = await claimed(world, one);
  for (let beat = 0; beat < 5; beat += 1) {
    time.advance(LEASE_MS / 2);
    expect((await swarms.heartbeat({}, one.who)).leases).toEqual([lease]);
  }
  time.advance(LEASE_MS / 2);
  expect((await swarms.heartbeat({}, one.who)).leases).toEqual([]);
  expect(world.kinds()).toContain("task.overdue");
  await expect(swarms.complete({ ...lease, result: 1 }, one.who)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("180 s that it may be"),
  });
  // The next one has the whole time.
  expect(await swarms.claim({}, two.who)).toMatchObject({ task: { id, maxSeconds: 180 } });
  for (let beat = 0; beat < 6; beat += 1) {
    time.advance(LEASE_MS / 2);
    await swarms.heartbeat({}, two.who);
  }
  const { tasks } = await swarms.results({ limit: 1 }, owner);
  expect(tasks).toMatchObject([
    { status: "failed", reason: expect.stringContaining("(attempt 2 of 2)") },
  ]);
});

test("a silent agent's task is given to another after the lease, and its late result is refused", async () => {
  const { swarms, time } = world;
  await world.create();
  const one = await world.join();
  const two = await world.join();
  await swarms.submit({ title: "a" }, owner);
  const lease = await claimed(world, one);
  for (let beat = 0; beat < 3; beat += 1) {
    time.advance(LEASE_MS - 1);
    await swarms.heartbeat({}, one.who);
    await swarms.heartbeat({}, two.who);
  }
  expect((await swarms.claim({}, two.who)).kind).toBe("none");
  world.world.skew = -86_400_000;
  time.advance(LEASE_MS - 1);
  expect((await swarms.claim({}, two.who)).kind).toBe("none");
  time.advance(2);
  const taken = await claimed(world, two);
  expect(taken.fence).toBeGreaterThan(lease.fence);
  const late = swarms.complete({ ...lease, result: "late" }, one.who);
  await expect(late).rejects.toMatchObject({ code: "conflict" });
  await swarms.complete({ ...taken, result: "in time" }, two.who);
  const again = await swarms.complete({ ...taken, result: "again" }, two.who);
  expect(again.result).toBe("in time");
  expect(world.kinds().filter((kind) => kind === "task.succeeded")).toHaveLength(1);
  expect(world.kinds()).toContain("task.lapsed");
});

test("a task that fails too often, or for good, takes with it what depends on it", async () => {
  const { swarms } = world;
  await world.create();
  const one = await world.join();
  const a = await swarms.submit({ title: "a", maxAttempts: 2 }, owner);
  const b = await swarms.submit({ title: "b", dependsOn: [a.id] }, owner);
  const c = await swarms.submit({ title: "c", dependsOn: [b.id] }, owner);
  for (const reason of ["no luck", "no luck again"]) {
    await swarms.fail({ ...(await claimed(world, one)), reason }, one.who);
  }
  const { tasks } = await swarms.results({ limit: 10 }, owner);
  expect(tasks.map(({ id, status, reason }) => [id, status, reason])).toEqual([
    [a.id, "failed", "no luck again (attempt 2 of 2)"],
    [b.id, "cancelled", `${a.id}, which it depends on, is failed`],
    [c.id, "cancelled", `${b.id}, which it depends on, is cancelled`],
  ]);
  const late = await swarms.submit({ title: "late", dependsOn: [c.id] }, owner);
  expect(late.status).toBe("cancelled");
});

test("a task is handed over with a note, and taken apart by whoever has it", async () => {
  const { swarms } = world;
  await world.create();
  const one = await world.join();
  const two = await world.join();
  const whole = await swarms.submit({ title: "whole" }, owner);
  await swarms.handoff({ ...(await claimed(world, one)), to: two.id, note: "half done" }, one.who);
  expect(await swarms.claim({}, one.who)).toMatchObject({ kind: "none" });
  const claim = await swarms.claim({}, two.who);
  expect(claim).toMatchObject({
    kind: "task",
    task: { attempts: 1, handoff: { from: one.id, note: "half done" } },
  });
  if (claim.kind === "none") return;
  const parts = [{ title: "p1" }, { title: "p2", dependsOn: ["@1"] }];
  const split = await swarms.decompose({ ...claim.lease, parts }, two.who);
  expect(split).toMatchObject({ status: "split", aggregate: "all" });
  const circle = { task: split.parts?.[0] ?? "", parts: [{ title: "x", dependsOn: [whole.id] }] };
  await expect(swarms.decompose(circle, two.who)).rejects.toMatchObject({ code: "invalid_input" });
  for (const result of ["first", "second"]) {
    await swarms.complete({ ...(await claimed(world, one)), result }, one.who);
  }
  const { tasks } = await swarms.results({ tasks: [whole.id], limit: 1 }, owner);
  expect(tasks[0]).toMatchObject({ status: "succeeded", result: ["first", "second"] });
});

test("what another process of the home left is gone on with", async () => {
  const { swarms, folder } = world;
  await world.create();
  const one = await world.join();
  await swarms.submit({ title: "a" }, owner);
  const lease = await claimed(world, one);
  await world.close();
  world = await openWorld({ folder });
  expect(world.time.armed()).toBe(1);
  await world.swarms.complete({ ...lease, result: 1 }, one.who);
  expect(world.time.armed()).toBe(1);
  const { counts } = await world.swarms.results({ limit: 1 }, owner);
  expect(counts.succeeded).toBe(1);
});

test("what is no task, or nobody's, is refused with a sentence", async () => {
  const { swarms } = world;
  await world.create();
  const one = await world.join();
  const cases = [
    [swarms.submit({ title: "x", dependsOn: ["t99"] }, owner), "submit it first"],
    [swarms.submit({ title: "x", files: ["../x"] }, owner), "no .."],
    [swarms.submit({ title: "x", check: { command: "rm" } }, owner), 'no check "rm"'],
    [swarms.submit({ title: "x", copies: 2, aggregate: "judge" }, owner), "wants a check"],
    [swarms.submit({ title: "x", to: "a99" }, owner), "no agent a99"],
    [swarms.claim({ task: "t99" }, one.who), "no task t99"],
    [swarms.claim({}, { ...one.who, agentToken: "ag_x" }), "no agent_token"],
    [swarms.claim({}, { ...one.who, agentToken: `${one.who.agentToken}x` }), "of no agent"],
    [swarms.get({ swarm: "sw00" }, owner), "no swarm sw00"],
    [swarms.heartbeat({ spent: { calls: -1 } }, one.who), "from 0 on"],
  ] as const;
  for (const [call, sentence] of cases) {
    await expect(call).rejects.toMatchObject({ message: expect.stringContaining(sentence) });
  }
});
