import { silentLogger } from "@trestle/protocol";
import { manualClock, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { forgetOldRuns } from "./forget-old-runs.ts";
import { openSqliteRuns } from "./sqlite/open-sqlite-runs.ts";

const DAY_MS = 86_400_000;

test("runs are forgotten some days after their end, without anybody asking", async () => {
  const clock = manualClock();
  const runs = await openSqliteRuns({ file: `${temporaryFolder()}/runs.db` });
  onTestFinished(() => runs.close());
  const run = {
    id: "old",
    workflow: "w",
    version: "1",
    plan: { name: "w", input: {}, mode: "dag", steps: [], maxConcurrency: 1 },
    input: {},
    metadata: {},
    grant: "me",
    owner: "me",
    createdAt: clock.now(),
    seed: 1,
  } as const;
  await runs.create(run, { after: 0, events: [], status: "succeeded", at: clock.now() });
  const stop = forgetOldRuns({ runs, clock, log: silentLogger, keepDays: 2 });
  onTestFinished(stop);
  clock.advance(60_000);
  await until("it looks again later", () => clock.armed() === 1);
  expect(await runs.load("old")).toBeDefined();
  clock.set(clock.now() + 2 * DAY_MS);
  clock.advance(3_600_000);
  await until("it has looked", () => clock.armed() === 1);
  expect(await runs.load("old")).toBeUndefined();
});
