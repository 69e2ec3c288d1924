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

async function mayMessage(from: Member, to: string): Promise<boolean> {
  const sent = world.swarms.send({ to: [to], body: "hello" }, from.who);
  return sent.then(
    () => true,
    (error) => {
      expect(error).toMatchObject({
        code: "denied",
        message: expect.stringContaining("does not reach"),
      });
      return false;
    },
  );
}

async function reach(members: readonly Member[]): Promise<string[]> {
  const pairs: string[] = [];
  for (const from of members) {
    for (const to of [...members.map(({ id }) => id), "owner"]) {
      if (to !== from.id && (await mayMessage(from, to))) pairs.push(`${from.id}>${to}`);
    }
  }
  return pairs;
}

async function join(role = "worker", parent?: string): Promise<Member> {
  return world.join({ role, ...(parent === undefined ? {} : { parent }) });
}

test("in a mesh everybody reaches everybody, in a ring the next one", async () => {
  await world.create();
  expect(await reach([await join(), await join(), await join()])).toHaveLength(9);
  await world.create({ topology: "ring" });
  const [a, b, c] = [await join(), await join(), await join()];
  const all = [`${a.id}>${b.id}`, `${b.id}>${c.id}`, `${c.id}>${a.id}`];
  const owners = [a, b, c].map(({ id }) => `${id}>owner`);
  expect((await reach([a, b, c])).sort()).toEqual([...all, ...owners].sort());
  await world.swarms.leave({}, b.who);
  expect(await mayMessage(a, c.id)).toBe(true);
});

test("in a star all goes through the hub, and work of the owner as well", async () => {
  const { swarms } = world;
  await world.create({ topology: "star" });
  const worker = await join();
  const hub = await join("coordinator");
  const other = await join();
  const expected = [`${worker.id}>${hub.id}`, `${hub.id}>${worker.id}`, `${hub.id}>${other.id}`];
  expect((await reach([worker, hub, other])).sort()).toEqual(
    [...expected, `${hub.id}>owner`, `${other.id}>${hub.id}`].sort(),
  );
  const task = await swarms.submit({ title: "whole" }, owner);
  expect(await swarms.claim({}, worker.who)).toMatchObject({
    why: expect.stringContaining("gives no work"),
  });
  const lease = await claimed(world, hub);
  await swarms.decompose(
    { ...lease, parts: [{ title: "p", to: other.id }, { title: "q" }] },
    hub.who,
  );
  const parts = [await claimed(world, other), await claimed(world, worker)];
  expect(new Set(parts.map((each) => each.task)).size).toBe(2);
  const sideways = swarms.handoff({ ...(parts[1] ?? lease), to: other.id, note: "n" }, worker.who);
  await expect(sideways).rejects.toMatchObject({ code: "denied" });
  await swarms.leave({}, hub.who);
  expect(task.status).toBe("ready");
  await swarms.submit({ title: "without a hub" }, owner);
  expect((await claimed(world, worker)).task).not.toBe(task.id);
});

test("in a hierarchy an agent reaches who is above and below it", async () => {
  await world.create({ topology: "hierarchical" });
  const root = await join("coordinator");
  const lead = await join("lead");
  const leaf = await join("worker", lead.id);
  expect((await reach([root, lead, leaf])).sort()).toEqual(
    [
      `${root.id}>${lead.id}`,
      `${root.id}>owner`,
      `${lead.id}>${root.id}`,
      `${lead.id}>${leaf.id}`,
      `${leaf.id}>${lead.id}`,
    ].sort(),
  );
  const foreign = world.swarms.submit({ title: "x", to: leaf.id }, root.who);
  await expect(foreign).rejects.toMatchObject({ code: "denied" });
  expect((await world.swarms.submit({ title: "x", to: leaf.id }, lead.who)).to).toBe(leaf.id);
});

test("sequential gives one task at a time, adaptive as many as go well", async () => {
  const { swarms } = world;
  await world.create({ strategy: "sequential" });
  const [a, b] = [await join(), await join()];
  for (const title of ["1", "2"]) await swarms.submit({ title }, owner);
  const lease = await claimed(world, a);
  expect(await swarms.claim({}, b.who)).toMatchObject({
    why: expect.stringContaining("One task at a time"),
  });
  await swarms.complete({ ...lease, result: 1 }, a.who);
  await claimed(world, b);

  await world.create({ strategy: "adaptive" });
  const agents = await Promise.all(Array.from({ length: 6 }, () => join()));
  for (let at = 0; at < 30; at += 1) await swarms.submit({ title: `${at}`, maxAttempts: 9 }, owner);
  async function together() {
    const leases: { who: Member["who"]; task: string; fence: number }[] = [];
    for (const { who } of agents) {
      const claim = await swarms.claim({}, who);
      if (claim.kind === "task") leases.push({ who, ...claim.lease });
    }
    return leases;
  }
  const begin = await together();
  expect(begin).toHaveLength(2);
  for (const { who, ...each } of begin) await swarms.complete({ ...each, result: 1 }, who);
  for (const { who, ...each } of await together())
    await swarms.complete({ ...each, result: 1 }, who);
  const more = await together();
  expect(more.length).toBeGreaterThan(2);
  for (const { who, ...each } of more) await swarms.fail({ ...each, reason: "no" }, who);
  expect((await together()).length).toBeLessThan(more.length);
});

test("balanced gives each that asks its share, and the share of who is silent to the others", async () => {
  const { swarms, time } = world;
  await world.create({ strategy: "balanced" });
  const [a, b] = [await join(), await join()];
  for (let at = 0; at < 4; at += 1) await swarms.submit({ title: `${at}` }, owner);
  const done = async (member: Member) => {
    const lease = await claimed(world, member);
    await swarms.complete({ ...lease, result: 1 }, member.who);
  };
  await done(b);
  await done(a);
  await done(a);
  expect(await swarms.claim({}, a.who)).toMatchObject({
    why: expect.stringContaining("its share"),
  });
  time.advance(LEASE_MS / 2);
  await swarms.heartbeat({}, a.who);
  await swarms.heartbeat({}, b.who);
  time.advance(LEASE_MS / 2 + 1);
  await done(a);
});

test("autoScale wants agents for what there is to do, and fewer only after a while", async () => {
  const { swarms, time } = world;
  const adjusted: number[] = [];
  const { folder } = world;
  await world.close();
  world = await openWorld({
    folder,
    createBoss: () => ({
      adjust: ({ wanted }) => void adjusted.push(wanted),
      hear: () => {},
      close: async () => {},
    }),
  });
  expect(swarms).not.toBe(world.swarms);
  const autoScale = { min: 0, max: 3, tasksPerAgent: 2, cooldownMs: 10_000 };
  await world.create({ crew: { kind: "process", profile: "p" }, autoScale });
  expect(adjusted.at(-1)).toBe(0);
  for (let at = 0; at < 10; at += 1) await world.swarms.submit({ title: `${at}` }, owner);
  expect(adjusted.at(-1)).toBe(3);
  const one = await world.join({ kind: "process" });
  for (let at = 0; at < 10; at += 1) {
    const lease = await claimed(world, one);
    await world.swarms.complete({ ...lease, result: at }, one.who);
  }
  expect(adjusted.at(-1)).toBe(1);
  world.time.advance(10_000);
  expect(adjusted.at(-1)).toBe(0);
  expect(time.armed()).toBe(0);
});
