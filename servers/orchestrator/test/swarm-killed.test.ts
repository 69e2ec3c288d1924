import { setTimeout as pause } from "node:timers/promises";
import { seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "./_server.ts";

const random = seededRandom();
const rounds = random.rounds(2);
const TASKS = 40;
const WORK_MS = 100;
const AGENTS = 4;
/** Processes that serve one home; one of them owns it, whoever that is after a kill. */
const SERVERS = 3;
const LEASE_S = 2;

type Server = Awaited<ReturnType<typeof startServer>>;

interface Done {
  readonly task: string;
  readonly agent: string;
  readonly fence: number;
}

test(`processes of one home are killed ${rounds} times under a swarm that works through all of them`, {
  timeout: 60_000 + rounds * 60_000,
}, async () => {
  const home = temporaryFolder("trestle-swarm-killed");
  const servers = await Promise.all(Array.from({ length: SERVERS }, () => startServer(home)));
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.end("SIGKILL")));
  });
  const anyServer = () => random.pick(servers);
  const [first] = servers as [Server];
  const { swarm } = await first.tool<{ swarm: string }>("create_swarm", { leaseSeconds: LEASE_S });
  const tasks: string[] = [];
  for (let at = 0; at < TASKS * rounds; at += 1) {
    const dependsOn = tasks.slice(-5).filter(() => random.next() < 0.2);
    const { id } = await anyServer().tool<{ id: string }>("submit_task", {
      swarm,
      title: `${at}`,
      dependsOn,
    });
    tasks.push(id);
  }
  const done: Done[] = [];
  let isOver = false;
  const agents = Array.from({ length: AGENTS }, () => work(swarm, anyServer, done, () => isOver));
  for (let round = 0; round < rounds; round += 1) {
    const before = done.length;
    while (done.length < Math.min(before + TASKS / 4, tasks.length)) await pause(20);
    const at = random.below(SERVERS);
    await servers[at]?.end("SIGKILL");
    servers[at] = await startServer(home);
  }
  const counts = async () =>
    (await ask<{ counts: Record<string, number> }>(anyServer, "get_results", { swarm, limit: 1 }))
      .counts;
  while ((await counts()).succeeded !== tasks.length) await pause(50);
  isOver = true;
  await Promise.all(agents);
  const results: { id: string; result: Omit<Done, "task"> }[] = [];
  for (let after: string | undefined; results.length < tasks.length; after = results.at(-1)?.id) {
    const page = { swarm, limit: 200, ...(after === undefined ? {} : { after }) };
    results.push(...(await ask<{ tasks: typeof results }>(anyServer, "get_results", page)).tasks);
  }
  // What was acknowledged is what is kept, and of every task it was one.
  for (const { id, result } of results) {
    const acknowledged = done.filter(({ task }) => task === id);
    expect(acknowledged, id).toHaveLength(1);
    expect(acknowledged[0]).toEqual({ task: id, ...result });
  }
});

/** Asks until somebody answers; for what may be asked twice. */
async function ask<Result>(anyServer: () => Server, name: string, args: object): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await anyServer().tool<Result>(name, args);
    } catch (error) {
      if (tries === 200 || !isPassing(error)) throw error;
      await pause(50);
    }
  }
}

/** Nobody there, or gone while it answered. */
function isPassing(error: unknown): boolean {
  return /fetch failed|terminated|other side closed|unavailable|outcome_unknown/.test(
    String(error),
  );
}

interface Claimed {
  readonly kind: "task" | "none";
  readonly lease: { readonly task: string; readonly fence: number };
}

/** An agent that loses answers now and then: what it has it knows by its heartbeat. */
async function work(
  swarm: string,
  anyServer: () => Server,
  done: Done[],
  isOver: () => boolean,
): Promise<void> {
  const joined = await ask<{ agentToken: string; agent: { id: string } }>(anyServer, "join_swarm", {
    swarm,
  });
  const { agentToken: agent_token } = joined;
  const { id: agent } = joined.agent;
  while (!isOver()) {
    const lease = await nextLease(anyServer, agent_token);
    if (lease === undefined) continue;
    const { task, fence } = lease;
    await pause(random.below(WORK_MS));
    const result = { agent, fence };
    try {
      await ask(anyServer, "complete_task", { agent_token, task, fence, result });
      done.push({ task, agent, fence });
    } catch (error) {
      expect(String(error)).toContain("You do not hold");
    }
  }
}

async function nextLease(anyServer: () => Server, agent_token: string) {
  try {
    const claim = { agent_token, wait_seconds: 0.2 };
    const { kind, lease } = await anyServer().tool<Claimed>("claim_task", claim);
    return kind === "task" ? lease : undefined;
  } catch (error) {
    if (!isPassing(error)) throw error;
    await pause(50);
    const { leases } = await ask<{ leases: Claimed["lease"][] }>(anyServer, "heartbeat", {
      agent_token,
    });
    return leases[0];
  }
}
