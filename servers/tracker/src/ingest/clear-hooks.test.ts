import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manualClock, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { spoolEvent } from "../hook/spool.ts";
import { openTemporaryStore, sourceOf, startIngestion } from "./_ingestion.ts";

const DAY = 86_400_000;

test("what hooks told is deleted once it is stored and old, and what is not stored stays", async () => {
  const clock = manualClock(Date.now());
  const store = await openTemporaryStore(clock);
  const folder = temporaryFolder("hooks");
  const fileOf = (at: number) => join(folder, `${new Date(at).toISOString().slice(0, 10)}.jsonl`);
  const now = clock.now();
  for (const at of [now - 9 * DAY, now - 3 * DAY, now]) {
    spoolEvent(folder, '{"hook_event_name":"Stop","session_id":"s1"}', at);
    utimesSync(fileOf(at), at / 1_000, at / 1_000);
  }
  const cut = join(folder, "cut.jsonl");
  mkdirSync(folder, { recursive: true });
  writeFileSync(cut, '{"half":');
  utimesSync(cut, (now - 9 * DAY) / 1_000, (now - 9 * DAY) / 1_000);
  const ingestion = startIngestion(store, clock, sourceOf("hook", folder));
  expect(await ingestion.catchUp()).toBe(true);
  clock.advance(3_600_000);
  await until("the old ones to be gone", () => !existsSync(fileOf(now - 3 * DAY)));
  expect(existsSync(fileOf(now - 9 * DAY))).toBe(false);
  expect([fileOf(now), cut].map((path) => existsSync(path))).toEqual([true, true]);
  expect((await store.stats()).records).toBe(3);
  await expect.poll(async () => (await store.cursors()).length, { timeout: 20_000 }).toBe(1);
});
