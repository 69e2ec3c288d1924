import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, it, onTestFinished } from "vitest";
import { BATCH_RECORDS } from "./_crash-batch.ts";
import { openSqliteStore } from "./open.ts";

const WRITER = fileURLToPath(new URL("./_writer-process.ts", import.meta.url));
const LONGEST_MS = 300;

it("has what was acknowledged exactly once, and nothing by halves, whenever its writer is killed", async () => {
  const random = seededRandom();
  const folder = mkdtempSync(join(tmpdir(), "trestle-tracker-crash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (let round = random.rounds(4); round > 0; round -= 1) {
    const acknowledged = await writeUntilKilled(folder, random.below(LONGEST_MS));
    const stored = await countWhole(folder);
    expect(stored).toBeGreaterThanOrEqual(acknowledged);
  }
}, 3_600_000);

/** Kills the writer some time after its first word; tells the last batch it has acknowledged. */
async function writeUntilKilled(folder: string, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, ["--no-warnings", WRITER, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let last = 0;
  const lines = createInterface({ input: child.stdout });
  const first = Promise.withResolvers<void>();
  lines.on("line", (line) => {
    last = Number(line);
    first.resolve();
  });
  await Promise.race([first.promise, exited]);
  await pause(afterMs);
  child.kill("SIGKILL");
  const [code] = await exited;
  expect(code).toBeNull();
  return last;
}

/** How many batches are stored; each of them has to be there with all that belongs to it. */
async function countWhole(folder: string): Promise<number> {
  const store = await openSqliteStore({ folder });
  const batches = (await store.cursor("file"))?.offset ?? 0;
  expect((await store.stats()).records).toBe(batches * BATCH_RECORDS);
  expect(await store.session("claude-code:one")).toMatchObject({
    records: batches * BATCH_RECORDS,
    errors: batches,
  });
  expect((await store.errorGroup("g"))?.count).toBe(batches);
  expect((await store.task("t"))?.facts).toBe(batches);
  expect(await store.editSums({})).toEqual([{ path: "a.ts", count: batches }]);
  expect(await store.memories(["session"])).toEqual(new Map([["session", String(batches)]]));
  for (const n of [0, batches - 1]) {
    const found = await store.search({ text: `batch${n}`, limit: 1_000 });
    expect(new Set(found.items.map(({ record }) => record.id)).size).toBe(BATCH_RECORDS);
    expect(found.items).toHaveLength(BATCH_RECORDS);
  }
  expect((await store.search({ text: `batch${batches}` })).items).toEqual([]);
  await store.close();
  return batches;
}
