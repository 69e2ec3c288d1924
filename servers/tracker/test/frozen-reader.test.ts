import { appendFileSync, globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { startOwnRedis } from "../src/store/redis/_own-redis.ts";
import type { TrackerStore } from "../src/store/tracker-store.ts";
import { allRecords, catchUp, kill, LEASE_MS, startIngesting } from "./_ingesting.ts";
import { openTestStore, type StorePlace } from "./_stores.ts";

async function placeOf(kind: string): Promise<StorePlace> {
  if (kind === "redis") return { kind, url: (await startOwnRedis()).url };
  return { kind: "sqlite", folder: temporaryFolder("store") };
}

test.each(["redis", "sqlite"])(
  "a reader that stood still for longer than its lease doubles nothing and loses nothing (%s)",
  async (kind) => {
    const place = await placeOf(kind);
    const folder = temporaryFolder("logs");
    const path = join(folder, "app.log");
    const sources = [{ name: "app", kind: "log", path, isAskedFor: true }] as const;
    const store = await openTestStore(place);
    onTestFinished(() => store.close());
    const written: string[] = [];
    const write = (count: number) => {
      const lines = Array.from({ length: count }, () => {
        const at = new Date(Date.UTC(2026, 0, 1) + written.length * 1_000).toISOString();
        written.push(`${at} INFO line ${written.length}`);
        return `${written.at(-1)}\n`;
      });
      appendFileSync(path, lines.join(""));
    };

    write(3_000);
    const first = await startIngesting({ store: place, sources, isLive: true });
    await reaches(store, 500);
    await freeze(first, place); // perhaps in the middle of a batch
    const second = await startIngesting({ store: place, sources, isLive: true });
    write(500);
    // The last line waits for one that belongs to it.
    await reaches(store, written.length - 1);
    first.kill("SIGCONT");
    for (let round = 0; round < 5; round += 1) {
      write(200);
      await pause(LEASE_MS / 4);
    }
    await reaches(store, written.length - 1);
    await Promise.all([kill(first), kill(second)]);
    await catchUp({ store: place, sources });
    expect((await allRecords(store)).lines.toSorted()).toEqual(written.toSorted());
  },
  120_000,
);

/** Stops a reader where it holds no lock of the file system: that one would hold everybody up. */
async function freeze(reader: { kill(signal: NodeJS.Signals): unknown }, place: StorePlace) {
  for (reader.kill("SIGSTOP"); isLocked(place); reader.kill("SIGSTOP")) {
    reader.kill("SIGCONT");
    await pause(1 + Math.random() * 5);
  }
}

function isLocked(place: StorePlace): boolean {
  if (place.kind !== "sqlite") return false;
  const file = globSync("*.db", { cwd: place.folder })[0] ?? "";
  const database = new DatabaseSync(join(place.folder, file), { timeout: 0 });
  try {
    database.exec("BEGIN IMMEDIATE; ROLLBACK");
    return false;
  } catch {
    return true;
  } finally {
    database.close();
  }
}

async function reaches(store: TrackerStore, records: number): Promise<void> {
  await expect
    .poll(async () => (await store.stats()).records, { timeout: 60_000 })
    .toBeGreaterThanOrEqual(records);
}
