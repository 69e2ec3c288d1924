import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../../../test/_processes.ts";
import { createRandom } from "../../../test/_random.ts";
import { failed } from "./_parts.ts";
import { openQueue, temporaryFolder } from "./_review.ts";
import type { ReviewState } from "./items.ts";

const SCRIPT = new URL("./_process.ts", import.meta.url).pathname;
const KEY = "one key for all that share the queue";
const ROUNDS = Number(process.env.ROUNDS ?? 2);
const SEED = Number(process.env.SEED ?? randomInt(2 ** 31));
const ITEMS = 40;

/** How often an item may have run when it is in a state. */
const allowed: Partial<Record<ReviewState, number[]>> = {
  done: [1],
  waiting: [0],
  unknown: [0, 1],
};

interface Decider {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exited: Promise<unknown>;
  /** Its lines so far. */
  said(): string[][];
  go(): void;
}

/** A process with a home of its own that works on the queue in `folder`. */
async function startDecider(folder: string, home: string, toAdd = 0): Promise<Decider> {
  const args = [SCRIPT, folder, join(folder, home), KEY, join(folder, "effects"), String(toAdd)];
  const child = spawn(process.execPath, ["--no-warnings", ...args]);
  const exited = once(child, "exit");
  let text = "";
  child.stderr.on("data", (chunk) => process.stderr.write(chunk));
  const ready = new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (text.startsWith("ready\n")) resolve();
    });
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  await Promise.race([ready, exited]);
  const said = () =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" "));
  return { child, exited, said, go: () => child.stdin.write("go\n") };
}

async function fill(folder: string, items: number): Promise<string[]> {
  const { queue, close } = await openQueue({ folder, encryptionKey: KEY });
  const ids = await Promise.all(Array.from({ length: items }, () => queue.add(failed())));
  await close();
  return ids;
}

/** How often each item was run. */
function effectsIn(folder: string): Map<string, number> {
  const file = join(folder, "effects");
  const effects = new Map<string, number>();
  if (!existsSync(file)) return effects;
  for (const id of readFileSync(file, "utf8").split("\n").slice(0, -1)) {
    effects.set(id, (effects.get(id) ?? 0) + 1);
  }
  return effects;
}

test("a queue whose process is killed runs nothing twice and forgets nothing", async () => {
  process.stderr.write(`SEED=${SEED}\n`);
  const random = createRandom(SEED);
  let unknown = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const folder = temporaryFolder();
    const ids = await fill(folder, ITEMS);
    const decider = await startDecider(folder, "home", 100);
    decider.go();
    await until("it decides", () => decider.said().length > 1);
    await pause(random() * 150);
    decider.child.kill("SIGKILL");
    await decider.exited;
    const said = decider.said();
    const ended = said.filter(([word]) => word === "ended").map(([, id]) => id);
    const added = said.filter(([word]) => word === "added").map(([, id = ""]) => id);

    const { queue, ran, close } = await openQueue({ folder, encryptionKey: KEY, maxItems: 9_999 });
    const effects = effectsIn(folder);
    for (const id of [...ids, ...added]) {
      const { state } = await queue.get(id);
      const times = effects.get(id) ?? 0;
      expect(allowed[state] ?? [], `runs of an item that is ${state}`).toContain(times);
      if (ended.includes(id)) expect(state).toBe("done");
      if (state === "unknown") {
        unknown += 1;
        await expect(queue.approve(id, "admin")).rejects.toMatchObject({ code: "conflict" });
      }
    }
    const left = await queue.list({ state: "waiting", limit: 3 });
    for (const { id } of left) expect((await queue.approve(id, "admin")).state).toBe("done");
    expect(ran.map(({ reviewId }) => reviewId)).toEqual(left.map(({ id }) => id));
    await close();
  }
  process.stderr.write(`measured: ${ROUNDS} kills left ${unknown} items unknown\n`);
});

test("two processes that approve everything at the same time run each item once", async () => {
  const folder = temporaryFolder();
  const ids = await fill(folder, ITEMS);
  const both = await Promise.all([startDecider(folder, "one"), startDecider(folder, "two")]);
  for (const { go } of both) go();
  await Promise.all(both.map(({ exited }) => exited));
  const words = both.map(({ said }) => said().map(([word]) => word));
  for (const each of words) expect(each.at(-1)).toBe("over");
  const all = words.flat();
  const count = (wanted: string) => all.filter((word) => word === wanted).length;
  expect([...effectsIn(folder)].sort()).toEqual(ids.map((id) => [id, 1]).sort());
  expect(count("ended")).toBe(ITEMS);
  process.stderr.write(`measured: ${count("refused")} of ${ITEMS} items were approved twice\n`);
  // Whoever listed late found fewer that still waited.
  expect(count("ended") + count("refused")).toBe(all.length - 4);
  const { queue } = await openQueue({ folder, encryptionKey: KEY });
  expect(await queue.counts()).toEqual({ done: ITEMS });
});
