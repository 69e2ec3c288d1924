import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { RunState } from "@trestle/flow";
import { type JsonObject, systemClock } from "@trestle/protocol";
import { seededRandom, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { openEngine, temporaryFolder } from "../src/engine/_engine.ts";
import {
  type Committed,
  checkCalls,
  committedOf,
  playUndisturbed,
  readCalls,
  statusesOf,
} from "./_played.ts";
import { randomWorkflow } from "./_world.ts";

const program = fileURLToPath(new URL("./_worker.ts", import.meta.url));
const random = seededRandom();
const rounds = random.rounds(4);
const KILLS_OF_A_SET = 4;
const RUNS = 12;

test(`runs are killed ${rounds} times, and each ends as if nothing had happened`, {
  timeout: 120_000 + rounds * 20_000,
}, async () => {
  for (let killed = 0; killed < rounds; killed += KILLS_OF_A_SET) {
    await playSet(Math.min(KILLS_OF_A_SET, rounds - killed));
  }
});

async function playSet(kills: number): Promise<void> {
  const folder = temporaryFolder();
  try {
    const workflows = Array.from({ length: RUNS }, (_, at) => randomWorkflow(random, `w${at}`));
    writeFileSync(join(folder.path, "workflows.json"), JSON.stringify(workflows));
    writeFileSync(join(folder.path, "calls.jsonl"), "");
    const acknowledged = new Set<string>();
    const committed: Committed[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      const child = startWorker(folder.path, acknowledged);
      const before = readCalls(folder.path).length;
      const isOver = () => child.exitCode !== null;
      await until("it calls", () => isOver() || readCalls(folder.path).length > before, 60_000);
      await pause(random.below(150));
      child.kill("SIGKILL");
      if (!isOver()) await once(child, "exit");
      committed.push(...(await readCommitted(folder.path)));
    }
    const last = startWorker(folder.path, acknowledged);
    if (last.exitCode === null) await once(last, "exit");
    expect(last.exitCode).toBe(0);
    await checkEnds(folder.path, workflows, acknowledged);
    checkCalls(readCalls(folder.path), committed);
  } finally {
    folder.remove();
  }
}

function startWorker(folder: string, acknowledged: Set<string>) {
  const child = spawn(process.execPath, [program, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { submitted } = JSON.parse(line) as { submitted: string };
    acknowledged.add(submitted);
  });
  return child;
}

async function readStates(folder: string): Promise<Map<string, RunState>> {
  const { engine, store, close } = await openEngine(folder, { clock: systemClock, answer: never });
  const runs = await store.list({ limit: 1_000 });
  const states = await Promise.all(
    runs.map(async ({ id }) => [id, (await engine.view(id)).state] as const),
  );
  await close();
  return new Map(states);
}

function never(): JsonObject {
  throw new Error("only looks");
}

async function readCommitted(folder: string): Promise<Committed[]> {
  return committedOf(await readStates(folder), readCalls(folder).length);
}

/** Every acknowledged run ended, and as it ends where nobody kills anything. */
async function checkEnds(
  folder: string,
  workflows: readonly JsonObject[],
  acknowledged: ReadonlySet<string>,
): Promise<void> {
  const states = await readStates(folder);
  expect([...acknowledged].filter((runId) => !states.has(runId))).toEqual([]);
  const expected = await playUndisturbed(workflows);
  expect(statusesOf(states)).toEqual(statusesOf(expected));
}
