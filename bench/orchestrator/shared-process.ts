import { randomUUID } from "node:crypto";
import process from "node:process";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { silentLogger, systemClock, TrestleError } from "@trestle/protocol";
import { openPostgres, openShared, readDefinition, toPlan } from "@trestle-mcp/orchestrator";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";

/** `POSTGRES REDIS COUNT ROUNDS`: three ways to do steps, in turns; what it found is one line of JSON. */
const [postgresUrl = "", redisUrl = "", count = "", rounds = ""] = process.argv.slice(2);
const prefix = `trestle-bench-${randomUUID()}`;
const CONCURRENCY = 100;
const STEPS = 10;

export interface SharedLap {
  readonly single: Speed;
  readonly chained: Speed;
  readonly bull: Speed;
  readonly dbos: Speed;
}

export interface Speed {
  /** Steps. */
  readonly perSecond: number;
  /** Of this process alone, for a step. */
  readonly processorUs: number;
}

type Run = (steps: number) => Promise<number>;

const [ours, bull, dbos] = await Promise.all([openOurs(), openBull(), openDbos()]);
const laps: SharedLap[] = [];
for (const run of [ours.single, ours.chained, bull.run, dbos.run]) await run(100);
for (let round = 0; round < Number(rounds); round += 1) {
  laps.push({
    single: await timed(ours.single, Number(count)),
    bull: await timed(bull.run, Number(count)),
    chained: await timed(ours.chained, Number(count)),
    dbos: await timed(dbos.run, Math.ceil(Number(count) / 4)),
  });
}
await Promise.all([ours.close(), bull.close(), dbos.close()]);
process.stdout.write(`${JSON.stringify({ laps })}\n`);

async function openOurs() {
  const postgres = await openPostgres({ url: postgresUrl, log: silentLogger });
  const shared = await openShared({
    postgres,
    redisUrl,
    redisPrefix: prefix,
    concurrency: CONCURRENCY,
    clock: systemClock,
    hostFor: () => ({
      callTool: async () => ({ content: [], structuredContent: { greeting: "hello world" } }),
    }),
    planOf: async (id) => {
      throw new TrestleError("not_found", id);
    },
    newRunId: () => randomUUID(),
    random: Math.random,
  });
  const workflow = (id: string, steps: number) => {
    const all = Array.from({ length: steps }, (_, at) => ({
      id: `s${at}`,
      server: "s",
      tool: "greet",
    }));
    return {
      workflow: id,
      version: "1",
      plan: toPlan(readDefinition({ id, steps: all, maxConcurrency: STEPS })),
    };
  };
  const runOf =
    (names: ReturnType<typeof workflow>, steps: number): Run =>
    async (many) => {
      const runs = Math.ceil(many / steps);
      await Promise.all(
        Array.from({ length: runs }, async () => {
          const id = await shared.engine.submit({ ...names, grant: "me", owner: "me" });
          const { status } = await shared.engine.waitFor(id, 120_000);
          if (status !== "succeeded") throw new Error(`A workflow is ${status}.`);
        }),
      );
      return runs * steps;
    };
  return {
    single: runOf(workflow("one-step", 1), 1),
    chained: runOf(workflow("ten-steps", STEPS), STEPS),
    async close() {
      await shared.close();
      await postgres.close();
    },
  };
}

/** The same calls with nothing kept of them but in Redis. */
async function openBull() {
  const connect = () => new Redis(redisUrl, { maxRetriesPerRequest: null });
  const connections = [connect(), connect()] as const;
  const options = { prefix: `${prefix}-alone`, skipVersionCheck: true };
  const queue = new Queue("steps", { ...options, connection: connections[0] });
  let left = 0;
  let finish = () => {};
  const worker = new Worker(
    "steps",
    async () => {
      left -= 1;
      if (left === 0) finish();
      return { greeting: "hello world" };
    },
    { ...options, connection: connections[1], concurrency: CONCURRENCY },
  );
  return {
    async run(many: number) {
      const { promise, resolve } = Promise.withResolvers<void>();
      left = many;
      finish = resolve;
      const opts = { removeOnComplete: true };
      await queue.addBulk(Array.from({ length: many }, () => ({ name: "step", data: {}, opts })));
      await promise;
      return many;
    },
    async close() {
      await worker.close();
      await queue.obliterate({ force: true });
      await queue.close();
      for (const redis of connections) redis.disconnect();
    },
  };
}

async function openDbos() {
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: postgresUrl, logLevel: "error" });
  const greet = DBOS.registerWorkflow(
    () => DBOS.runStep(async () => ({ greeting: "hello world" }), { name: "greet" }),
    { name: "one-step" },
  );
  await DBOS.launch();
  return {
    async run(many: number) {
      let left = many;
      const work = async () => {
        while (left > 0) {
          left -= 1;
          await greet();
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, work));
      return many;
    },
    close: () => DBOS.shutdown(),
  };
}

async function timed(run: Run, many: number): Promise<Speed> {
  const before = process.cpuUsage();
  const begun = performance.now();
  const steps = await run(many);
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(before);
  return { perSecond: (steps / ms) * 1_000, processorUs: (user + system) / steps };
}
