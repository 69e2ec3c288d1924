import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TrestleError } from "@trestle/protocol";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import type { TrackerStore } from "../store/tracker-store.ts";
import { openTemporaryStore, said, sourceOf, startIngestion } from "./_ingestion.ts";

test("who cannot begin to read lets others read, and reads once it can", async () => {
  const clock = manualClock(Date.now());
  const real = await openTemporaryStore(clock);
  let fails = true;
  const failing: TrackerStore = {
    ...real,
    async cursors(source) {
      if (fails) throw new TrestleError("unavailable", "The store does not answer.");
      return real.cursors(source);
    },
  };
  const folder = temporaryFolder("claude");
  const path = join(folder, "s1.jsonl");
  writeFileSync(path, said("user", "hello", clock.now()));
  const source = sourceOf("claude-code", folder);

  const first = startIngestion(failing, clock, source);
  expect(await first.catchUp()).toBe(false);
  expect(first.status()).toMatchObject({
    isReading: false,
    problems: [{ kind: "store-unavailable", message: expect.stringContaining("not answer") }],
  });
  const second = startIngestion(real, clock, source);
  expect(await second.catchUp()).toBe(true);
  expect((await real.stats()).records).toBe(1);
  await second.close();

  fails = false;
  appendFileSync(path, said("user", "again", clock.now()));
  expect(await first.catchUp()).toBe(true);
  expect((await real.stats()).records).toBe(2);
  expect(first.status()).toMatchObject({ isReading: true, problems: [] });
});
