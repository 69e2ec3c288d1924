import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { seededRandom, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { describe, expect, onTestFinished, test } from "vitest";
import { readDefinition } from "../src/definitions/read.ts";
import { toPlan } from "../src/definitions/to-plan.ts";
import { openSharedForTest } from "../src/workers/_shared.ts";
import { startOwnRedis } from "./_own-redis.ts";
import {
  type Committed,
  checkCalls,
  committedOf,
  playUndisturbed,
  readCalls,
  statusesOf,
} from "./_played.ts";
import { randomWorkflow } from "./_world.ts";

const program = fileURLToPath(new URL("./_shared-worker.ts", import.meta.url));
const random = seededRandom();
const rounds = random.rounds(4);
const WORKERS = 4;
const RUNS = 30;
const BLOWS_OF_A_SET = 6;
const LEASE_MS = 700;

describe.skipIf(!(await hasLocalPostgres()))("workers on Postgres and Redis", () => {
  const sets = Math.ceil(rounds / BLOWS_OF_A_SET);

  test(`are killed and put to sleep, and Redis forgets, ${rounds} times: every run ends as if nothing had happened`, {
    timeout: 90_000 + sets * 60_000,
  }, async () => {
    for (let done = 0; done < rounds; done += BLOWS_OF_A_SET)
      await playSet(Math.min(BLOWS_OF_A_SET, rounds - done));
  });
});

type World = Awaited<ReturnType<typeof openWorld>>;

async function openWorld() {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "calls.jsonl"), "");
  const database = await createLocalDatabase({ prefix: "trestle_workers" });
  onTestFinished(() => database.drop());
  const redis = await startOwnRedis();
  const workers: ChildProcess[] = [];
  onTestFinished(() => {
    for (const worker of workers) worker.kill("SIGKILL");
  });
  async function startWorker(): Promise<void> {
    const args = [program, folder, database.url, redis.url, String(LEASE_MS)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    workers.push(child);
    await once(child.stdout, "data");
  }
  const submitter = await openSharedForTest({
    url: database.url,
    redis: redis.url,
    concurrency: 0,
    leaseMs: LEASE_MS,
    unheardMs: 1_000,
    answer: () => {
      throw new Error("it only submits");
    },
  });
  return { folder, redis, workers, startWorker, submitter };
}

async function playSet(blows: number): Promise<void> {
  const world = await openWorld();
  const { folder, submitter, workers } = world;
  const workflows = Array.from({ length: RUNS }, (_, at) => randomWorkflow(random, `w${at}`));
  const expected = playUndisturbed(workflows);
  const runIds = await Promise.all(workflows.map((given) => submit(world, given)));
  await Promise.all(Array.from({ length: WORKERS }, world.startWorker));
  await until("they call", () => readCalls(folder).length > 0, 60_000);
  const committed: Committed[] = [];
  for (let blow = 0; blow < blows; blow += 1) {
    await pause(random.below(200));
    await strike(world);
    committed.push(...(await readCommitted(world, runIds)));
  }
  for (const id of runIds) await submitter.engine.waitFor(id, 60_000);
  committed.push(...(await readCommitted(world, runIds)));
  // Time for those that slept to say what they know: it must change nothing, and make them call nothing.
  await pause(200);
  expect(statusesOf(await readStates(world, runIds))).toEqual(statusesOf(await expected));
  checkCalls(readCalls(folder), committed);
  checkKeys(readCalls(folder));
  const left = await submitter.postgres.query("SELECT * FROM trestle.task");
  expect(left).toEqual([]);
  for (const worker of workers) worker.kill("SIGKILL");
  await submitter.close();
}

async function submit({ submitter }: World, given: JsonObject): Promise<string> {
  const definition = readDefinition(given);
  const { id } = definition;
  const plan = toPlan(definition);
  const names = { workflow: id, version: "1", grant: "me", owner: "me" };
  return submitter.engine.submit({ ...names, plan, runId: `run-${id}` });
}

/** One thing that goes wrong. */
async function strike({ workers, startWorker, redis }: World): Promise<void> {
  const alive = workers.filter(({ exitCode, signalCode }) => exitCode === null && !signalCode);
  const victim = random.pick(alive);
  const blows = [
    async () => {
      victim.kill("SIGKILL");
      await startWorker();
    },
    async () => {
      victim.kill("SIGSTOP");
      await pause(LEASE_MS + random.below(LEASE_MS));
      victim.kill("SIGCONT");
    },
    redis.restart,
    redis.flush,
  ];
  await random.pick(blows)();
}

async function readStates({ submitter }: World, runIds: readonly string[]) {
  const views = await Promise.all(runIds.map((id) => submitter.engine.view(id)));
  return new Map(views.map(({ id, state }) => [id, state]));
}

async function readCommitted(world: World, runIds: readonly string[]): Promise<Committed[]> {
  const states = await readStates(world, runIds);
  return committedOf(states, readCalls(world.folder).length);
}

/** Whatever is done again is done under the key that it had: no key names an attempt, a worker or a claim. */
function checkKeys(calls: readonly string[]): void {
  expect(calls.filter((key) => !/^run-w\d+\/n\d+\/\d+$/.test(key))).toEqual([]);
}
