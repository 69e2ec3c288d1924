import { setTimeout as pause } from "node:timers/promises";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { seededRandom } from "@trestle/testkit/surroundings";
import { describe, expect, onTestFinished, test } from "vitest";
import { owner } from "../src/swarms/_swarms.ts";
import type { SwarmEvent, Swarms } from "../src/swarms/swarms.ts";
import { startSharedAgent, untilAnswered } from "./_shared-agent.ts";
import { createSharedOracle } from "./_shared-oracle.ts";
import { createOracle, GLOBS } from "./_swarm-oracle.ts";
import { startProcesses } from "./_swarm-processes.ts";

const random = seededRandom();
/** 50 rounds, as `pnpm chaos swarm-model` plays them, are 64 agents and 10,000 tasks. */
const rounds = random.rounds(1);
const TASKS = rounds === 1 ? 120 : Math.min(10_000, 200 * rounds);
const AGENTS = rounds >= 50 ? 64 : 16;
const PROCESSES = 3;
const BATCH = 40;
const LEASE_MS = 2_000;
/** How soon a process that is gone is followed by another, and one that holds a swarm is not waited for. */
const WATCH_MS = 900;
const HELD_MS = 700;
const BLOW_EVERY_MS = 1_000;
/** What one process heard and has not stored, who watches, who stands in the way; and how slow a busy machine is. */
const LATE_MS = LEASE_MS / 8 + WATCH_MS * 1.5 + HELD_MS + 2_000;

describe.skipIf(!(await hasLocalPostgres()))("a swarm of many processes", () => {
  test(
    `${TASKS} tasks, ${AGENTS} agents that crash and pause, ${PROCESSES} processes that are killed and stopped, wrong clocks: none is lost, none done twice`,
    {
      timeout: 90_000 + rounds * 20_000,
    },
    play,
  );
});

async function play(): Promise<void> {
  const database = await createLocalDatabase({ prefix: "trestle_swarm_model" });
  onTestFinished(() => database.drop());
  const oracle = createSharedOracle({ leaseMs: LEASE_MS, lateMs: LATE_MS });
  const failures: unknown[] = [];
  const words = [database.url, String(WATCH_MS), String(HELD_MS)];
  const hear = (event: SwarmEvent) => {
    try {
      oracle.hear(event, performance.now());
    } catch (error) {
      failures.push(error);
    }
  };
  const processes = await startProcesses(PROCESSES, words, hear);
  const swarms = processes.swarms(random);
  const { swarm } = await swarms.create(
    { topology: "mesh", strategy: "parallel", maxAgents: 1_000, budget: {}, leaseMs: LEASE_MS },
    owner,
  );
  const submitted = await submitAll(swarm, swarms);
  let isOver = false;
  const isEnough = () => isOver || failures.length > 0;
  const ids: string[] = [];
  const surroundings = { swarm, swarms, oracle, chance: random, leaseMs: LEASE_MS };
  const parts = { ...surroundings, others: () => ids, isOver: isEnough };
  const last = Array.from({ length: AGENTS }, async () => {
    for (;;) {
      const agent = await startSharedAgent(parts);
      ids.push(agent.id);
      if (!(await agent.ended)) return agent;
      ids.splice(ids.indexOf(agent.id), 1);
    }
  });
  for (const each of last) each.catch((error) => failures.push(error));
  const blows = strike(processes, oracle, isEnough).catch((error) => failures.push(error));
  while (!isEnough()) {
    await pause(200);
    const view = await untilAnswered(() => swarms.get({ swarm }, owner));
    createOracle({ leaseMs: 0, sweepMs: 0 }).reservations(view.reservations);
    isOver = view.counts.succeeded === TASKS;
  }
  expect(failures).toEqual([]);
  await blows;
  for (const { id, who } of await Promise.all(last)) {
    const inbox = await untilAnswered(() => swarms.inbox({ swarm, limit: 2_000 }, who));
    oracle.unread(
      id,
      inbox.messages.map((each) => each.id),
    );
  }
  oracle.over(await resultsOf(swarm, swarms), submitted);
  if (rounds >= 10) expect(oracle.counts.lapsed).toBeGreaterThan(0);
  process.stderr.write(`${JSON.stringify({ tasks: TASKS, agents: AGENTS, ...oracle.counts })}\n`);
}

async function submitAll(swarm: string, swarms: Swarms): Promise<string[]> {
  const submitted: string[] = [];
  for (let at = 0; at < TASKS; at += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, TASKS - at) }, async (_, next) => {
      const dependsOn = submitted.slice(-2 * BATCH).filter(() => random.next() < 0.02);
      const facts = {
        swarm,
        title: "task",
        priority: random.below(10),
        dependsOn,
        maxAttempts: 100,
        key: String(at + next),
        ...(random.next() < 0.1 ? { capabilities: ["odd"] } : {}),
        ...(random.next() < 0.1 ? { files: [random.pick(GLOBS)] } : {}),
      };
      return await untilAnswered(() => swarms.submit(facts, owner));
    });
    submitted.push(...(await Promise.all(batch)).map(({ id }) => id));
  }
  return submitted;
}

/** One after the other, so that there is always one that runs. */
async function strike(
  processes: Awaited<ReturnType<typeof startProcesses>>,
  oracle: ReturnType<typeof createSharedOracle>,
  isOver: () => boolean,
): Promise<void> {
  let kills = 0;
  let stops = 0;
  while (!isOver()) {
    await pause(random.below(2 * BLOW_EVERY_MS));
    const at = random.below(PROCESSES);
    processes.skew(at, (random.next() - 0.5) * 1e9);
    oracle.disturbed();
    if (random.next() < 0.4) {
      kills += 1;
      await processes.kill(at);
    } else {
      stops += 1;
      await processes.stop(at, random.below(3 * WATCH_MS));
    }
    oracle.undisturbed(performance.now());
  }
  process.stderr.write(`${JSON.stringify({ kills, stops })}\n`);
}

/** By whom and under which fence each was done. */
async function resultsOf(swarm: string, swarms: Swarms): Promise<Map<string, string>> {
  const results = new Map<string, string>();
  for (let after: string | undefined; ; ) {
    const wanted = { swarm, limit: 500, ...(after === undefined ? {} : { after }) };
    const { tasks } = await untilAnswered(() => swarms.results(wanted, owner));
    for (const { id, result } of tasks) {
      after = id;
      results.set(id, String(result));
    }
    if (tasks.length < 500) return results;
  }
}
