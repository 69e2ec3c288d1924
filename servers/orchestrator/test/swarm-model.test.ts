import { type SeededRandom, seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { LEASE_MS, openWorld, owner, type World } from "../src/swarms/_swarms.ts";
import type { LeaseView } from "../src/swarms/answers.ts";
import type { AgentWho } from "../src/swarms/swarms.ts";
import { createOracle, GLOBS } from "./_swarm-oracle.ts";

const random = seededRandom();
/** 50 rounds, as `pnpm chaos swarm-model` plays them, are 64 agents and 10,000 tasks. */
const rounds = random.rounds(1);
const TASKS = Math.min(10_000, 200 * rounds);
const AGENTS = rounds >= 50 ? 64 : 16;
const BATCH = 40;
const STEP_MS = LEASE_MS / 6;

interface Agent {
  readonly id: string;
  readonly who: AgentWho;
  readonly leases: LeaseView[];
  pausedUntil: number;
  sent: number;
}

test(`${TASKS} tasks, ${AGENTS} agents that crash and pause, wrong clocks: none is lost, none done twice`, {
  timeout: 60_000 + rounds * 20_000,
}, async () => {
  const play = await startPlay(random);
  try {
    await play.submitAll();
    for (let step = 0; !(await play.isOver()); step += 1) {
      if (step > TASKS * 5) throw new Error(`it does not end: ${await play.open()}`);
      await play.step(step);
    }
    await play.check();
  } finally {
    await play.end();
  }
});

async function startPlay(chance: SeededRandom) {
  // A sweep is due the moment a lease lapses.
  const oracle = createOracle({ leaseMs: LEASE_MS, sweepMs: 1 });
  let world = await openWorld();
  const { folder } = world;
  let heard = 0;
  let before = 0;
  const agents: Agent[] = [];
  const submitted: string[] = [];
  const now = () => before + world.time.now();
  await world.create({ maxAgents: 1_000 });

  function submitOne() {
    const earlier = submitted.slice(-2 * BATCH).filter(() => chance.next() < 0.02);
    const facts = {
      title: "task",
      priority: chance.below(10),
      dependsOn: earlier,
      maxAttempts: 100,
      ...(chance.next() < 0.1 ? { capabilities: ["odd"] } : {}),
      ...(chance.next() < 0.1 ? { files: [chance.pick(GLOBS)] } : {}),
    };
    return world.swarms.submit(facts, owner);
  }

  async function join(): Promise<void> {
    const { id, who } = await world.join({ capabilities: chance.next() < 0.5 ? ["odd"] : [] });
    oracle.sign(id, now());
    agents.push({ id, who, leases: [], pausedUntil: 0, sent: 0 });
  }

  function hear(): void {
    for (const event of world.events.slice(heard)) oracle.hear(event, now());
    heard = world.events.length;
  }

  /** Every timer on the way runs at its own time, and what it decides is heard at that time. */
  async function advance(ms: number): Promise<void> {
    const end = world.time.now() + ms;
    for (let next = world.time.next(); next !== undefined && world.time.now() + next <= end; ) {
      world.time.advance(next);
      await world.swarms.get({}, owner);
      hear();
      next = world.time.next();
    }
    world.time.advance(end - world.time.now());
  }

  async function reopen(): Promise<void> {
    before = now();
    await world.close();
    world = await openWorld({ folder });
    heard = 0;
    oracle.watched(before);
  }

  return {
    async submitAll() {
      for (let at = 0; at < TASKS; at += BATCH) {
        const batch = Array.from({ length: Math.min(BATCH, TASKS - at) }, () => submitOne());
        submitted.push(...(await Promise.all(batch)).map(({ id }) => id));
      }
      for (let at = 0; at < AGENTS; at += 1) await join();
    },
    async isOver() {
      const [summary] = await world.swarms.list({ limit: 1 }, owner);
      return summary?.counts.succeeded === TASKS;
    },
    async open() {
      const statuses = ["waiting", "ready", "claimed"] as const;
      const { tasks } = await world.swarms.results({ statuses: [...statuses], limit: 3 }, owner);
      const { reservations } = await world.swarms.get({}, owner);
      return JSON.stringify({ tasks, reservations: reservations.slice(0, 5) });
    },
    async step(step: number) {
      world.world.skew = chance.next() < 0.05 ? (chance.next() - 0.5) * 1e9 : world.world.skew;
      if (step % 400 === 399) await reopen();
      const active = agents.filter(({ pausedUntil }) => pausedUntil <= now());
      const surroundings = { chance, oracle, agents, now };
      await Promise.all(active.map((agent) => act(world, agent, surroundings)));
      const readers = active.filter(() => chance.next() < 0.07);
      await Promise.all(readers.map((agent) => read(world, agent, surroundings)));
      hear();
      for (const agent of active) {
        if (chance.next() < 0.02) agent.pausedUntil = now() + chance.below(3 * LEASE_MS);
        if (chance.next() < 0.008) agents.splice(agents.indexOf(agent), 1);
      }
      while (agents.length < AGENTS) await join();
      if (step % 5 === 0) {
        oracle.reservations((await world.swarms.get({}, owner)).reservations);
        await advance(chance.below(STEP_MS));
      }
    },
    async check() {
      hear();
      oracle.over(submitted);
      expect(oracle.counts.lapsed).toBeGreaterThan(0);
      process.stderr.write(
        `${JSON.stringify({ tasks: TASKS, agents: AGENTS, ...oracle.counts })}\n`,
      );
    },
    async end() {
      await world.close();
      world.remove();
    },
  };
}

interface Surroundings {
  readonly chance: SeededRandom;
  readonly oracle: ReturnType<typeof createOracle>;
  readonly agents: readonly Agent[];
  readonly now: () => number;
}

/** One thing that an agent does, whatever it has in mind. */
async function act({ swarms }: World, agent: Agent, { chance, oracle, agents, now }: Surroundings) {
  const { id, who, leases } = agent;
  oracle.sign(id, now());
  const what = chance.next();
  const [lease] = leases;
  if (lease === undefined && what < 0.7) {
    const claim = await swarms.claim({}, who);
    if (claim.kind === "task") leases.push(claim.lease);
  } else if (lease !== undefined && what < 0.5) {
    leases.shift();
    try {
      await swarms.complete({ ...lease, result: { by: id } }, who);
      oracle.accepted(lease.task, id, lease.fence);
    } catch (error) {
      expect(error).toMatchObject({ code: "conflict" });
      oracle.refused(lease.task, id, lease.fence);
    }
  } else if (lease !== undefined && what < 0.56) {
    leases.shift();
    const end =
      what < 0.53
        ? swarms.fail({ ...lease, reason: "no luck" }, who)
        : swarms.handoff({ ...lease, note: "x" }, who);
    await end.catch((error) => expect(error).toMatchObject({ code: "conflict" }));
  } else if (what < 0.8) {
    await swarms.heartbeat({}, who);
  } else if (what < 0.83) {
    const mode = chance.next() < 0.5 ? "exclusive" : "shared";
    await swarms.reserve(
      { paths: [chance.pick(GLOBS)], mode, reason: "r", ttlMs: LEASE_MS / 2 },
      who,
    );
  } else if (what < 0.92) {
    await swarms.release({}, who);
  } else {
    const to = chance.pick(agents).id;
    // Nobody writes to itself; a sign of life is owed all the same.
    if (to === id) return void (await swarms.heartbeat({}, who));
    // Now and then the answer is lost, and it is sent again.
    if (chance.next() < 0.8) agent.sent += 1;
    const message = { to: [to], body: "hello", key: `${to} ${agent.sent}` };
    const sent = await swarms.send(message, who);
    oracle.sent(sent.id, sent.to);
  }
}

/** Reads, and acknowledges some of it: the rest comes again. */
async function read({ swarms }: World, { id, who }: Agent, { chance, oracle, now }: Surroundings) {
  oracle.sign(id, now());
  const inbox = await swarms.inbox({ limit: 50 }, who);
  oracle.inbox(id, inbox);
  const ids = inbox.messages.map((each) => each.id).filter(() => chance.next() < 0.5);
  if (ids.length === 0) return;
  await swarms.acknowledge({ ids }, who);
  oracle.acknowledged(id, ids);
}
