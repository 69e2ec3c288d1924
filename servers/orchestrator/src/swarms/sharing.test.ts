import { afterEach, beforeEach, expect, test } from "vitest";
import { ann, bob, claimed, LEASE_MS, openWorld, owner, type World } from "./_swarms.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.close();
  world.remove();
});

test("files are held by one, and others are told who, why and until when", async () => {
  const { swarms, time } = world;
  await world.create();
  const one = await world.join({ name: "Ann's agent" });
  const two = await world.join();
  const wish = { paths: ["src/**/*.ts", "docs"], mode: "exclusive", reason: "renaming" } as const;
  expect(await swarms.reserve(wish, one.who)).toMatchObject({ granted: true });
  const refused = await swarms.reserve({ ...wish, paths: ["docs/a.md", "bin/x"] }, two.who);
  expect(refused).toEqual({
    granted: false,
    conflicts: [
      {
        agent: one.id,
        name: "Ann's agent",
        path: "docs",
        wanted: "docs/a.md",
        mode: "exclusive",
        reason: "renaming",
        until: "2026-01-01T00:01:00.000Z",
      },
    ],
  });
  expect(await swarms.holders({ paths: ["src/x.ts"] }, one.who)).toEqual([]);
  expect(await swarms.holders({ paths: ["src/x.ts"] }, owner)).toHaveLength(1);
  expect(await swarms.release({ paths: ["docs"] }, one.who)).toEqual({ released: 1 });
  expect(await swarms.reserve({ ...wish, paths: ["docs/a.md"] }, two.who)).toMatchObject({
    granted: true,
  });
  time.advance(LEASE_MS - 1);
  await swarms.heartbeat({}, one.who);
  time.advance(LEASE_MS - 1);
  const left = (await swarms.get({}, owner)).reservations.map(({ agent }) => agent);
  expect(left).toEqual([one.id]);
});

test("what is shared is shared, and a task takes its files with it", async () => {
  const { swarms } = world;
  await world.create();
  const one = await world.join();
  const two = await world.join();
  const read = { paths: ["a/**"], mode: "shared", reason: "reading" } as const;
  expect(await swarms.reserve(read, one.who)).toMatchObject({ granted: true });
  expect(await swarms.reserve(read, two.who)).toMatchObject({ granted: true });
  const write = await swarms.submit({ title: "write", files: ["a/x.ts"], priority: 9 }, owner);
  const other = await swarms.submit({ title: "other", files: ["b/x.ts"] }, owner);
  expect((await claimed(world, one)).task).toBe(other.id);
  expect(await swarms.claim({ task: write.id }, two.who)).toMatchObject({
    kind: "none",
    why: expect.stringContaining(`reserved by ${one.id}: reading`),
  });
  await swarms.release({}, one.who);
  const lease = await claimed(world, two);
  const against = await swarms.reserve({ ...read, paths: ["a/x.ts"] }, one.who);
  expect(against).toMatchObject({
    granted: false,
    conflicts: [{ task: write.id, reason: "write" }],
  });
  await swarms.complete({ ...lease, result: 1 }, two.who);
  expect(await swarms.holders({ paths: ["a/x.ts"] }, one.who)).toMatchObject([{ mode: "shared" }]);
});

test("messages come until they are acknowledged, in order, once for each who sent them twice", async () => {
  const { swarms } = world;
  await world.create();
  const one = await world.join();
  const two = await world.join();
  const first = await swarms.send({ to: ["all"], body: "first", key: "k" }, one.who);
  const again = await swarms.send({ to: ["all"], body: "first", key: "k" }, one.who);
  expect(again).toEqual(first);
  expect(first.to).toEqual(["owner", two.id]);
  await swarms.send({ to: [two.id], body: "second", thread: "t" }, one.who);
  const read = async () =>
    (await swarms.inbox({ limit: 10 }, two.who)).messages.map(({ body }) => body);
  expect(await read()).toEqual(["first", "second"]);
  expect(await read()).toEqual(["first", "second"]);
  const acknowledged = await swarms.acknowledge({ ids: [first.id] }, two.who);
  expect(acknowledged).toEqual({ acknowledged: 1, unread: 1 });
  expect(await swarms.acknowledge({ ids: [first.id] }, two.who)).toMatchObject({ acknowledged: 0 });
  expect(await read()).toEqual(["second"]);
  expect((await swarms.inbox({ limit: 10 }, owner)).unread).toBe(1);
  const foreign = swarms.acknowledge({ ids: [first.id] }, one.who);
  await expect(foreign).rejects.toMatchObject({ code: "invalid_input" });
});

test("memory is written only where nobody was quicker", async () => {
  const { swarms } = world;
  await world.create();
  const one = await world.join();
  const put = await swarms.memoryPut({ key: "plan", value: ["a"], ifVersion: 0 }, one.who);
  const both = await Promise.allSettled([
    swarms.memoryPut({ key: "plan", value: ["b"], ifVersion: put.version }, one.who),
    swarms.memoryPut({ key: "plan", value: ["c"], ifVersion: put.version }, owner),
  ]);
  expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  const gone = await swarms.memoryPut({ key: "plan", value: null }, owner);
  const anew = await swarms.memoryPut({ key: "plan", value: "Évora", ifVersion: 0 }, owner);
  expect(anew.version).toBeGreaterThan(gone.version);
  await swarms.memoryPut({ key: "évora/notes", value: { text: "plan it" } }, owner);
  const search = async (query: string) =>
    (await swarms.memorySearch({ query, limit: 9 }, one.who)).map(({ key }) => key);
  expect(await search("évora")).toEqual(["évora/notes", "plan"]);
  expect(await search("évora plan it")).toEqual(["évora/notes"]);
  const missing = swarms.memoryGet({ key: "x" }, one.who);
  await expect(missing).rejects.toMatchObject({ code: "not_found" });
});

test("a swarm is its owner's, an agent is who joined, and others see nothing of either", async () => {
  const { swarms } = world;
  const anns = await world.create({}, { principal: ann });
  const { swarm, joinKey } = anns;
  const nobodys = { code: "not_found", message: expect.stringContaining("There is no swarm") };
  await expect(swarms.get({ swarm }, { principal: bob })).rejects.toMatchObject(nobodys);
  await expect(world.join({ swarm }, bob)).rejects.toMatchObject(nobodys);
  await expect(world.join({ swarm, joinKey: `${joinKey}x` }, bob)).rejects.toMatchObject(nobodys);
  const bobs = await world.join({ swarm, joinKey }, bob);
  expect(await swarms.get({}, bobs.who)).toMatchObject({ swarm, agents: 1 });
  const stolen = swarms.heartbeat({}, { ...bobs.who, principal: ann });
  await expect(stolen).rejects.toMatchObject({ code: "denied" });
  await expect(swarms.destroy({}, bobs.who)).rejects.toMatchObject({ code: "denied" });
  const others = await world.create({ name: "other" }, { principal: ann });
  const elsewhere = swarms.heartbeat({ swarm: others.swarm }, bobs.who);
  await expect(elsewhere).rejects.toMatchObject({ code: "denied" });
  expect(await swarms.list({ limit: 9 }, { principal: bob })).toEqual([]);
  expect(await swarms.destroy({ swarm }, { principal: ann })).toEqual({ destroyed: true });
  await expect(swarms.heartbeat({}, bobs.who)).rejects.toMatchObject(nobodys);
});

test("what is too much is refused, and says how much may be", async () => {
  const { swarms } = world;
  await world.create({ maxAgents: 1 });
  const one = await world.join();
  await expect(world.join()).rejects.toMatchObject({
    code: "rate_limited",
    details: { bound: "maxAgents" },
  });
  await swarms.submit({ title: "big" }, owner);
  const lease = await claimed(world, one);
  const big = swarms.complete({ ...lease, result: "x".repeat(300_000) }, one.who);
  await expect(big).rejects.toMatchObject({ message: expect.stringContaining("262144") });
  const long = swarms.send({ to: ["owner"], body: "x".repeat(70_000) }, one.who);
  await expect(long).rejects.toMatchObject({ code: "invalid_input" });
  const paths = Array.from({ length: 40 }, (_, at) => `f${at}`);
  const many = swarms.reserve({ paths, mode: "shared", reason: "r" }, one.who);
  await expect(many).rejects.toMatchObject({ code: "invalid_input" });
  await swarms.complete({ ...lease, result: "x" }, one.who);
});
