import { afterEach, beforeEach, expect, test } from "vitest";
import { LEASE_MS, type Member, openWorld, owner, type World } from "./_swarms.ts";

/** Two that watch the same swarms, as two machines do over one database. */
let worlds: [World, World];
beforeEach(async () => {
  const one = await openWorld({ isShared: true });
  worlds = [one, await openWorld({ isShared: true, folder: one.folder })];
});
afterEach(async () => {
  for (const world of worlds) await world.close();
  worlds[0].remove();
});

const TASKS = 60;

test("two that decide at once about the same tasks give each to one agent", async () => {
  const [one, two] = worlds;
  const { swarm } = await one.create();
  const tasks: string[] = [];
  for (let at = 0; at < TASKS; at += 1) {
    const world = worlds[at % 2] ?? one;
    const dependsOn = tasks.slice(-1).filter(() => at % 7 === 0);
    tasks.push((await world.swarms.submit({ swarm, title: `${at}`, dependsOn }, owner)).id);
  }
  const members = await Promise.all([one, two, one, two].map((world) => world.join({ swarm })));
  const done: string[] = [];
  async function work({ who }: Member, at: number) {
    // Each call to another of the two.
    for (let turn = at; done.length < TASKS; turn += 1) {
      const { swarms } = worlds[turn % 2] ?? one;
      const claim = await swarms.claim({}, who);
      if (claim.kind === "none") continue;
      const other = worlds[(turn + 1) % 2] ?? two;
      await other.swarms.complete({ ...claim.lease, result: who.agentToken }, who);
      done.push(claim.task.id);
    }
  }
  await Promise.all(members.map(work));
  expect(done.toSorted()).toEqual(tasks.toSorted());
  for (const { swarms } of worlds) {
    const { counts, tasks: all } = await swarms.results({ swarm, limit: 100 }, owner);
    expect(counts.succeeded).toBe(TASKS);
    expect(all.every(({ attempts }) => attempts === 1)).toBe(true);
  }
});

test("a sign of life that the other saw keeps a task, and silence that both saw takes it once", async () => {
  const [one, two] = worlds;
  const { swarm } = await one.create();
  const alive = await one.join({ swarm });
  await one.swarms.submit({ swarm, title: "a" }, owner);
  await one.swarms.claim({}, alive.who);
  expect((await two.swarms.get({ swarm }, owner)).counts.claimed).toBe(1);
  two.time.advance(LEASE_MS - 1);
  await one.swarms.heartbeat({}, alive.who);
  two.time.advance(LEASE_MS - 1);
  expect((await two.swarms.get({ swarm }, owner)).counts.claimed).toBe(1);
  two.time.advance(LEASE_MS);
  expect((await two.swarms.get({ swarm }, owner)).counts).toMatchObject({ claimed: 0, ready: 1 });
  const again = await one.swarms.claim({}, alive.who);
  expect(again).toMatchObject({ kind: "task", task: { attempts: 2 } });
});
