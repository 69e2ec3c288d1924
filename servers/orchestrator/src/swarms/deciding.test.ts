import { afterEach, beforeEach, expect, test } from "vitest";
import { claimed, LEASE_MS, type Member, openWorld, owner, type World } from "./_swarms.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.close();
  world.remove();
});

async function complete(member: Member, result: unknown, task?: string): Promise<string> {
  const lease = await claimed(world, member, task);
  await world.swarms.complete({ ...lease, result: result as never }, member.who);
  return lease.task;
}

async function taskOf(id: string) {
  const [task] = (await world.swarms.results({ tasks: [id], limit: 1 }, owner)).tasks;
  return task;
}

test("copies are done by different agents, and the majority of equal results counts", async () => {
  await world.create();
  const agents = [await world.join(), await world.join(), await world.join()] as const;
  const whole = await world.swarms.submit({ title: "q", copies: 3, aggregate: "majority" }, owner);
  await complete(agents[0], { a: 1, b: 2 });
  expect(await world.swarms.claim({}, agents[0].who)).toMatchObject({
    kind: "none",
    why: expect.stringContaining("another copy"),
  });
  await complete(agents[1], { a: 9 });
  expect(await taskOf(whole.id)).toMatchObject({ status: "split" });
  await complete(agents[2], { b: 2, a: 1 });
  expect(await taskOf(whole.id)).toMatchObject({ status: "succeeded", result: { a: 1, b: 2 } });
});

test("the first result ends the other copies, and without a majority there is no result", async () => {
  await world.create();
  const agents = [await world.join(), await world.join()] as const;
  const first = await world.swarms.submit({ title: "q", copies: 2, aggregate: "first" }, owner);
  const slow = await claimed(world, agents[0]);
  await complete(agents[1], "quick");
  expect(await taskOf(first.id)).toMatchObject({ status: "succeeded", result: "quick" });
  const late = world.swarms.complete({ ...slow, result: "slow" }, agents[0].who);
  await expect(late).rejects.toMatchObject({ code: "conflict" });
  const split = await world.swarms.submit({ title: "q", copies: 2, aggregate: "majority" }, owner);
  await complete(agents[0], 1);
  await complete(agents[1], 2);
  expect(await taskOf(split.id)).toMatchObject({
    status: "failed",
    reason: expect.stringContaining("2 of 2"),
  });
});

test("votes have weights, and are waited for so long", async () => {
  await world.create();
  const heavy = await world.join({ weight: 3 });
  const agents = [await world.join(), await world.join(), heavy] as const;
  const group = { copies: 2, aggregate: "weighted", quorum: 1, voteMs: 1_000 } as const;
  const one = await world.swarms.submit({ title: "q", ...group }, owner);
  const a = await complete(agents[0], "a");
  const b = await complete(agents[1], "b");
  const own = world.swarms.vote({ task: a, choice: "accept" }, agents[0].who);
  await expect(own).rejects.toMatchObject({ code: "denied" });
  await world.swarms.vote({ task: b, choice: "accept" }, heavy.who);
  expect(await taskOf(one.id)).toMatchObject({ status: "split" });
  world.time.advance(1_000);
  expect(await taskOf(one.id)).toMatchObject({ status: "succeeded", result: "b" });
  const vetoed = await world.swarms.submit({ title: "v", ...group, aggregate: "veto" }, owner);
  await complete(agents[0], "a");
  const bad = await complete(agents[1], "bad");
  await world.swarms.vote({ task: bad, choice: "reject", reason: "unsafe" }, heavy.who);
  expect(await taskOf(vetoed.id)).toMatchObject({
    status: "failed",
    reason: `${heavy.id} vetoed ${bad}: unsafe`,
  });
});

test("a result counts when its check passed, else another agent tries, told why", async () => {
  const runs: unknown[] = [];
  await world.close();
  world = await openWorld({
    folder: world.folder,
    checks: ["tests"],
    async runCheck({ result }, command) {
      runs.push([command, result]);
      if (result === "broken") throw new Error("no such program");
      return { passed: result === "good", output: "1 failed" };
    },
  });
  await world.create();
  const one = await world.join();
  const task = await world.swarms.submit({ title: "t", check: { command: "tests" } }, owner);
  for (const result of ["bad", "broken", "good"]) {
    const lease = await claimed(world, one);
    const handed = await world.swarms.complete({ ...lease, result }, one.who);
    expect(handed.status).toBe("checking");
    while ((await taskOf(task.id))?.status === "checking") await new Promise(setImmediate);
    if (result !== "bad") continue;
    expect(await taskOf(task.id)).toMatchObject({
      status: "ready",
      handoff: { from: one.id, note: expect.stringContaining("1 failed") },
    });
  }
  expect(await taskOf(task.id)).toMatchObject({ status: "succeeded", result: "good", attempts: 3 });
  expect(runs).toHaveLength(3);
});

test("a budget that is used up stops all work at once, until it is raised", async () => {
  const { swarms } = world;
  await world.create({ budget: { tokens: 100 } });
  const one = await world.join();
  const two = await world.join();
  for (const title of ["a", "b", "c"]) await swarms.submit({ title }, owner);
  const first = await claimed(world, one);
  const second = await claimed(world, two);
  await swarms.complete({ ...first, result: 1, spent: { tokens: 100 } }, one.who);
  expect(await swarms.get({}, owner)).toMatchObject({ status: "exhausted", left: { tokens: 0 } });
  await expect(swarms.complete({ ...second, result: 2 }, two.who)).rejects.toMatchObject({
    code: "conflict",
  });
  await expect(swarms.claim({}, two.who)).rejects.toMatchObject({ code: "rate_limited" });
  await expect(swarms.submit({ title: "d" }, owner)).rejects.toMatchObject({
    code: "rate_limited",
  });
  expect(await swarms.scale({ budget: { tokens: 200 } }, owner)).toMatchObject({
    status: "active",
  });
  const again = await swarms.claim({}, two.who);
  expect(again).toMatchObject({ kind: "task", task: { attempts: 1 } });
  await swarms.scale({ budget: { wallMs: 5_000 } }, owner);
  world.time.advance(5_001);
  expect((await swarms.get({}, owner)).status).toBe("exhausted");
  expect(world.kinds()).toContain("swarm.exhausted");
});

test("one agent does the same beside the swarm, and both are shown", async () => {
  const { swarms } = world;
  const { swarm, baseline } = await world.create({ baseline: true, maxAgents: 4 });
  const a = await swarms.submit({ title: "a", copies: 2, capabilities: ["x"] }, owner);
  await swarms.submit({ title: "b", dependsOn: [a.id] }, owner);
  const [one, two, alone] = [
    await world.join({ swarm, capabilities: ["x"] }),
    await world.join({ swarm, capabilities: ["x"] }),
    await world.join({ swarm: baseline ?? "" }),
  ] as [Member, Member, Member];
  await complete(one, 1);
  await complete(two, 2);
  await complete(alone, "alone");
  await complete(alone, "alone too");
  const results = await swarms.results({ swarm, limit: 9 }, owner);
  expect(results.counts).toMatchObject({ succeeded: 3, ready: 1 });
  expect(results.baseline).toMatchObject({
    swarm: baseline,
    counts: { succeeded: 2 },
    cost: { calls: 0 },
  });
  await expect(world.join({ swarm: baseline ?? "" })).rejects.toMatchObject({
    code: "rate_limited",
  });
  await swarms.destroy({ swarm }, owner);
  expect(await swarms.list({ limit: 9 }, owner)).toEqual([]);
});

test("after a lease's time of silence an agent is gone, and comes back with its next sign of life", async () => {
  const { swarms, time } = world;
  await world.create();
  const one = await world.join();
  time.advance(LEASE_MS);
  expect(await swarms.get({}, owner)).toMatchObject({ agents: 0, members: [{ status: "gone" }] });
  expect(time.armed()).toBe(0);
  await swarms.claim({}, one.who);
  expect(await swarms.get({}, owner)).toMatchObject({ agents: 1 });
});
