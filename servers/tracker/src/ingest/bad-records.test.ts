import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TrestleError } from "@trestle/protocol";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import type { TrackerStore } from "../store/tracker-store.ts";
import { openTemporaryStore, said, sourceOf, startIngestion } from "./_ingestion.ts";

test("records that the store refuses are left out and counted, and all others are stored", async () => {
  const clock = manualClock(Date.now());
  const real = await openTemporaryStore(clock);
  const store: TrackerStore = {
    ...real,
    async commit(batch) {
      const isBad = batch.records.some(({ parts }) => JSON.stringify(parts).includes("poison"));
      if (isBad) throw new TrestleError("invalid_input", "This cannot be stored.");
      return real.commit(batch);
    },
  };
  const folder = temporaryFolder("claude");
  const lines = Array.from({ length: 40 }, (_, n) =>
    said("assistant", n === 7 || n === 8 || n === 39 ? "poison" : `word ${n}`, clock.now()),
  );
  writeFileSync(join(folder, "s1.jsonl"), lines.join(""));
  const ingestion = startIngestion(store, clock, sourceOf("claude-code", folder));
  expect(await ingestion.catchUp()).toBe(true);
  expect((await real.stats()).records).toBe(37);
  expect(await real.skipped()).toMatchObject([
    { source: "claude-code", reason: "refused by the store", count: 3 },
  ]);
  expect(ingestion.status().problems).toEqual([]);
});

test("while the disk is full nothing is lost, and it goes on when there is room", async () => {
  const clock = manualClock(Date.now());
  const real = await openTemporaryStore(clock);
  let isFull = true;
  const store: TrackerStore = {
    ...real,
    async commit(batch) {
      if (isFull) throw new TrestleError("unavailable", "The disk is full.");
      return real.commit(batch);
    },
  };
  const folder = temporaryFolder("claude");
  writeFileSync(join(folder, "s1.jsonl"), said("user", "hello", clock.now()));
  const ingestion = startIngestion(store, clock, sourceOf("claude-code", folder));
  expect(await ingestion.catchUp()).toBe(false);
  expect(ingestion.status()).toMatchObject({
    backlog: 1,
    problems: [{ kind: "store-unavailable", message: expect.stringContaining("disk is full") }],
  });
  isFull = false;
  clock.advance(1_000);
  expect(await ingestion.catchUp()).toBe(true);
  expect((await real.stats()).records).toBe(1);
  expect(ingestion.status().problems).toEqual([]);
});
