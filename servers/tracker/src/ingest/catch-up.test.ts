import { copyFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { openTemporaryStore, sourceOf, startIngestion } from "./_ingestion.ts";

test("a copy of which nobody can say yet what was read of it is not caught up with", async () => {
  const clock = manualClock(Date.now());
  const store = await openTemporaryStore(clock);
  const log = join(temporaryFolder("logs"), "app.log");
  writeFileSync(log, "2026-01-01T00:00:00Z INFO one\n2026-01-01T00:00:01Z INFO two\n");
  const ingestion = startIngestion(store, clock, sourceOf("log", `${log}*`));
  expect(await ingestion.catchUp()).toBe(true);

  copyFileSync(log, `${log}.1`);
  expect(await ingestion.catchUp()).toBe(false);
  expect(ingestion.status().backlog).toBe(1);

  truncateSync(log);
  // It is asked about again by itself: no file has to change for it.
  const backlog = () => {
    clock.advance(1_000);
    return ingestion.status().backlog;
  };
  await expect.poll(backlog, { timeout: 20_000 }).toBe(0);
  clock.advance(10_000);
  expect(await ingestion.catchUp()).toBe(true);
  expect((await store.stats()).records).toBe(2);
});
