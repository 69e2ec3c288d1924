import { randomUUID } from "node:crypto";
import { silentLogger } from "@trestle/protocol";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { until } from "@trestle/testkit/surroundings";
import { startTcpProxy } from "@trestle/testkit/tcp-proxy";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { openPostgres } from "../../runs/postgres/postgres.ts";
import { claimed, LEASE_MS, type Member, openWorld, owner, type World } from "../_swarms.ts";
import { createPostgresSwarmStore } from "../postgres/postgres-swarm-store.ts";

const TASKS = 60;
/** For so long the other process may have heard an agent, and not stored it. */
const GRACE_MS = LEASE_MS / 8;

/** Two processes on one database, each with a clock of its own. */
describe.skipIf(!(await hasLocalPostgres()))("swarms of two processes", () => {
  let database: Awaited<ReturnType<typeof createLocalDatabase>>;
  let worlds: [World, World];

  async function openOne(url = database.url): Promise<World> {
    const postgres = await openPostgres({ url, log: silentLogger });
    const store = createPostgresSwarmStore({ postgres, watcher: randomUUID() });
    // The database has a clock of its own, which these do not move.
    return await openWorld({ store, watchMs: 60 * LEASE_MS });
  }

  beforeEach(async () => {
    database = await createLocalDatabase({ prefix: "trestle_shared_swarms" });
    worlds = [await openOne(), await openOne()];
  });
  afterEach(async () => {
    for (const world of worlds) {
      await world.close();
      world.remove();
    }
    await database.drop();
  });

  test("give each task to one agent, whoever is asked", async () => {
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

  test("hear of signs of life that the other saw, and take a task after silence", async () => {
    const [one, two] = worlds;
    const { swarm } = await one.create();
    const agent = await two.join({ swarm });
    await two.swarms.submit({ swarm, title: "a" }, owner);
    await two.swarms.claim({}, agent.who);
    const inWork = async () => (await one.swarms.get({ swarm }, owner)).counts.claimed;
    expect(await inWork()).toBe(1);
    // An inbox that is read changes nothing but when the agent was heard last.
    for (let step = 0; step < 12; step += 1) {
      for (const { time } of worlds) time.advance(LEASE_MS / 6);
      await two.swarms.inbox({ limit: 1 }, agent.who);
      expect(await inWork()).toBe(1);
    }
    one.time.advance(LEASE_MS + GRACE_MS - 1);
    expect(await inWork()).toBe(1);
    one.time.advance(1);
    await until("one lets it lapse", () => one.kinds().includes("task.lapsed"));
    expect(await inWork()).toBe(0);
    expect(two.kinds()).not.toContain("task.lapsed");
    const again = await one.swarms.claim({}, agent.who);
    expect(again).toMatchObject({ kind: "task", task: { attempts: 2 } });
  });

  test("wake an agent that waits at the other", async () => {
    const [one, two] = worlds;
    const { swarm } = await one.create();
    const agent = await two.join({ swarm });
    const waiting = two.swarms.claim({ waitMs: LEASE_MS }, agent.who);
    // Its clock stands still: only the other can end this.
    const { id } = await one.swarms.submit({ swarm, title: "a" }, owner);
    expect(await waiting).toMatchObject({ kind: "task", task: { id } });
  });

  test("share out evenly among agents that ask at different ones", async () => {
    const [one, two] = worlds;
    const { swarm } = await one.create({ strategy: "balanced" });
    const [ann, bob] = await Promise.all([one.join({ swarm }), two.join({ swarm })]);
    for (const [at, { who }] of [ann, bob].entries()) {
      expect(await worlds[at]?.swarms.claim({}, who)).toMatchObject({ kind: "none" });
    }
    for (let at = 0; at < 4; at += 1) await one.swarms.submit({ swarm, title: `${at}` }, owner);
    for (const share of [1, 2]) {
      const { task } = await claimed(one, ann);
      expect(task, `share ${share}`).toBeTruthy();
    }
    expect(await one.swarms.claim({}, ann.who)).toMatchObject({
      kind: "none",
      why: expect.stringContaining("share of 2"),
    });
    await claimed(two, bob);
  });

  test("keep messages in the order of each sender, whoever takes them", async () => {
    const [one, two] = worlds;
    const { swarm } = await one.create();
    const [from, to] = await Promise.all([one.join({ swarm }), two.join({ swarm })]);
    const sent: string[] = [];
    for (let at = 0; at < 20; at += 1) {
      const { swarms } = worlds[at % 2] ?? one;
      sent.push((await swarms.send({ to: [to.id], body: `${at}` }, from.who)).id);
    }
    const { messages } = await two.swarms.inbox({ limit: 50 }, to.who);
    expect(messages.map(({ id }) => id)).toEqual(sent);
  });

  test("go on at one that could not reach the database for a while", async () => {
    const [one] = worlds;
    const url = new URL(database.url);
    const proxy = await startTcpProxy(Number(url.port));
    url.port = String(proxy.port);
    const far = await openOne(url.href);
    onTestFinished(async () => {
      await far.close();
      far.remove();
      await proxy.close();
    });
    const { swarm } = await one.create();
    const agent = await far.join({ swarm });
    proxy.weather("refusing");
    proxy.cut();
    await expect(far.swarms.heartbeat({}, agent.who)).rejects.toMatchObject({
      code: "unavailable",
    });
    const { id } = await one.swarms.submit({ swarm, title: "a" }, owner);
    proxy.weather("fine");
    expect(await far.swarms.claim({}, agent.who)).toMatchObject({ kind: "task", task: { id } });
  });

  test("forget a swarm that was destroyed at the other", async () => {
    const [one, two] = worlds;
    const { swarm } = await one.create();
    const agent = await two.join({ swarm });
    const waiting = two.swarms.claim({ waitMs: LEASE_MS }, agent.who);
    const refused = expect(waiting).rejects.toMatchObject({ code: "not_found" });
    await one.swarms.destroy({ swarm }, owner);
    await refused;
    await expect(two.swarms.get({ swarm }, owner)).rejects.toMatchObject({ code: "not_found" });
  });
});
