import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { nodeEnvironment, seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { describe, expect, onTestFinished, test } from "vitest";
import { batchOf, recordOf } from "../store/_sample.ts";
import { fillStore } from "./_filled-store.ts";
import { newPlace, openForTest, openPlace, type StorePlace } from "./_stores.ts";
import { exportToFile } from "./export-file.ts";
import { importFromFile } from "./import-file.ts";
import { migrate } from "./migrate.ts";

const random = seededRandom();
const ROUNDS = random.rounds(3);
const now = Date.now;
const pairs = [
  ["sqlite", "redis"],
  ["redis", "sqlite"],
  ["sqlite", "sqlite"],
] as const;

describe.each(pairs)("from %s to %s", (one, other) => {
  test("an export that is imported twice is there once, with all sums", async () => {
    const [from, to] = [
      await openForTest(await newPlace(one)),
      await openForTest(await newPlace(other)),
    ];
    await fillStore(from, 300);
    const path = join(temporaryFolder(), "all.jsonl");
    const exported = await exportToFile(from, path);
    expect(statSync(path)).toMatchObject({ size: exported.bytes, mode: 0o100600 });
    expect(await importFromFile(to, path)).toMatchObject({ lines: exported.lines, records: 290 });
    await importFromFile(to, path);
    const last = readFileSync(path, "utf8").trimEnd().split("\n").at(-1);
    expect((await Array.fromAsync(to.exportLines())).at(-1)?.trimEnd()).toBe(last);
    for (const by of ["all", "session", "day"] as const) {
      expect(await to.usage({ by })).toEqual(await from.usage({ by }));
    }
    const [moved, before] = [await to.task("task3"), await from.task("task3")];
    expect({ ...moved, evidence: [] }).toEqual({ ...before, evidence: [] });
    // What was said in the same millisecond has no order.
    expect(new Set(moved?.evidence)).toEqual(new Set(before?.evidence));
    expect(await to.runSums({})).toEqual(await from.runSums({}));
    expect(await to.editSums({})).toEqual(await from.editSums({}));
    expect((await to.stats()).records).toBe(290);
  }, 60_000);

  test("a store that is moved is the same, and moved again it is there already", async () => {
    const [from, to] = [
      await openForTest(await newPlace(one)),
      await openForTest(await newPlace(other)),
    ];
    await fillStore(from, 250);
    const first = await migrate(from, to, { now });
    expect(first).toMatchObject({ wasThere: false, tally: { record: { count: 240 } } });
    expect(await migrate(from, to, { now })).toEqual({ ...first, wasThere: true });
    await to.commit(batchOf([recordOf("another")]));
    await expect(migrate(from, to, { now })).rejects.toMatchObject({ code: "conflict" });
  }, 60_000);
});

test("an export that was cut off or changed is refused at its line", async () => {
  const store = await openForTest(await newPlace("sqlite"));
  await fillStore(store, 120);
  const path = join(temporaryFolder(), "all.jsonl");
  await exportToFile(store, path);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const other = await openForTest(await newPlace("sqlite"));
  const load = async (changed: readonly string[]) => {
    writeFileSync(path, changed.join("\n"));
    await importFromFile(other, path);
  };
  await expect(load(lines.slice(0, -1))).rejects.toThrow(/cut off/);
  await expect(load(lines.toSpliced(5, 1))).rejects.toThrow(/\(record\).*changed or are missing/);
  await expect(load([...lines.slice(0, 50), lines[50]?.slice(0, -5) ?? ""])).rejects.toThrow(
    /Line 51/,
  );
  await load(lines);
  expect((await other.stats()).records).toBe(110);
});

test("of an export that fails nothing is left", async () => {
  const folder = temporaryFolder();
  const failing = {
    async *exportLines() {
      yield "{}\n";
      throw new Error("the store is gone");
    },
  };
  await expect(exportToFile(failing, join(folder, "all.jsonl"))).rejects.toThrow(/gone/);
  expect(readdirSync(folder)).toEqual([]);
  const store = await openForTest(await newPlace("sqlite"));
  await expect(exportToFile(store, join(folder, "no", "all.jsonl"))).rejects.toMatchObject({
    code: "invalid_input",
  });
});

const program = fileURLToPath(new URL("_migrating-process.ts", import.meta.url));

async function moveAndKill(from: StorePlace, to: StorePlace): Promise<number | null> {
  const child = spawn(process.execPath, [program, JSON.stringify(from), JSON.stringify(to)], {
    env: nodeEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), exited]);
  await Promise.race([exited, pause(random.below(400))]);
  child.kill("SIGKILL");
  const [code] = await exited;
  return code;
}

test.each(pairs.slice(0, 2))(
  "a move from %s to %s that is killed is ended by the next",
  async (one, other) => {
    const [from, to] = [await newPlace(one), await newPlace(other)];
    const source = await openPlace(from);
    await fillStore(source, 4_000);
    await source.close();
    for (let round = 0; round < ROUNDS; round += 1) await moveAndKill(from, to);
    const { tally } = await migrate(await openForTest(from), await openForTest(to), { now });
    expect(tally.record?.count).toBe(3_990);
  },
  300_000,
);
