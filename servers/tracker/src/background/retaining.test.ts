import { statSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@trestle/protocol";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { batchOf, recordOf } from "../store/_sample.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { startRetaining } from "./retaining.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

async function openStore() {
  const clock = manualClock(Date.UTC(2026, 10, 1));
  const folder = temporaryFolder("store");
  const store = await openSqliteStore({ folder, clock });
  onTestFinished(() => store.close());
  return { clock, store, folder };
}

async function addDays(store: TrackerStore, now: number, days: readonly number[]): Promise<void> {
  await store.commit(
    batchOf(days.map((day) => recordOf(`d${day}`, { at: now - day * DAY_MS + HOUR_MS }))),
  );
}

const countOf = async (store: TrackerStore) => (await store.stats()).records;

test("records that grow older than the configured days are deleted, a minute after the start and then every six hours", async () => {
  const { clock, store } = await openStore();
  await addDays(store, clock.now(), [1, 2, 3, 40, 50]);
  const stop = startRetaining(store, { keepDays: 30, maxMb: 0 }, { clock, log: silentLogger });
  onTestFinished(stop);
  expect(await countOf(store)).toBe(5);
  clock.advance(60_000);
  await expect.poll(() => countOf(store)).toBe(3);
  clock.advance(27 * DAY_MS + 7 * HOUR_MS);
  await expect.poll(() => countOf(store)).toBe(2);
  clock.advance(DAY_MS);
  await expect.poll(() => countOf(store)).toBe(1);
  stop();
  clock.advance(30 * DAY_MS);
  await store.commit(batchOf([recordOf("kept", { at: clock.now() - 90 * DAY_MS })]));
  expect(await store.record("d1")).toBeDefined();
});

test("where deleting fails it is tried again at the next turn", async () => {
  const { clock, store } = await openStore();
  await addDays(store, clock.now(), [40]);
  let calls = 0;
  const failing = {
    async retain(rules: Parameters<TrackerStore["retain"]>[0]) {
      calls += 1;
      if (calls === 1) throw new Error("busy");
      return store.retain(rules);
    },
  };
  onTestFinished(startRetaining(failing, { keepDays: 30, maxMb: 0 }, { clock, log: silentLogger }));
  clock.advance(60_000);
  await expect.poll(() => calls).toBe(1);
  expect(await countOf(store)).toBe(1);
  clock.advance(6 * HOUR_MS);
  await expect.poll(() => countOf(store)).toBe(0);
});

test("the file gives back what was deleted, and the log beside it stays small", async () => {
  const { clock, store, folder } = await openStore();
  const file = join(folder, "tracker.db");
  const sizes = () => [statSync(file).size, statSync(`${file}-wal`).size] as const;
  const now = clock.now();
  const text = (n: number) => `w${n.toString(36)} ${`x${(n * 7919) % 4_001} `.repeat(150)}`;
  for (let part = 0; part < 40; part += 1) {
    const records = Array.from({ length: 250 }, (_, n) =>
      recordOf(`${part}-${n}`, { at: now - 40 * DAY_MS + part * 1_000 + n, text: text(n + part) }),
    );
    await store.commit(batchOf(records));
  }
  const [full] = sizes();
  const stop = startRetaining(store, { keepDays: 30, maxMb: 0 }, { clock, log: silentLogger });
  onTestFinished(stop);
  clock.advance(60_000);
  await expect.poll(() => countOf(store), { timeout: 30_000 }).toBe(0);
  await expect.poll(() => sizes()[0] / full, { timeout: 10_000 }).toBeLessThan(0.25);
  expect(sizes()[1]).toBeLessThan(64 * 2 ** 20 + 1);
}, 60_000);
