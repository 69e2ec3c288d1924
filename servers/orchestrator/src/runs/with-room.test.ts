import { join } from "node:path";
import { silentLogger } from "@trestle/protocol";
import { bytesInUse, openSqlite } from "@trestle/store";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import type { RunStatus } from "./run-store.ts";
import { runMigrations } from "./sqlite/migrations.ts";
import { createSqliteRunStore } from "./sqlite/sqlite-run-store.ts";
import { withRoom } from "./with-room.ts";

const DAY_MS = 86_400_000;
const MAX_BYTES = 2_000_000;

async function openRuns() {
  const clock = manualClock();
  const sqlite = await openSqlite({
    file: join(temporaryFolder(), "runs.db"),
    migrations: runMigrations,
  });
  const runs = withRoom(createSqliteRunStore(sqlite), {
    ...{ clock, log: silentLogger, maxBytes: MAX_BYTES },
    bytes: () => bytesInUse(sqlite),
  });
  onTestFinished(() => runs.close());
  const create = (id: string, status: RunStatus) => {
    clock.set(clock.now() + 1_000);
    const run = {
      ...{ id, workflow: "w", version: "1", metadata: {}, grant: "me", owner: "me", seed: 1 },
      plan: { name: "w", input: {}, mode: "dag", steps: [], maxConcurrency: 1 },
      input: { text: "x".repeat(20_000) },
      createdAt: clock.now(),
    } as const;
    return runs.create(run, { after: 0, events: [], status, at: clock.now() });
  };
  return { clock, sqlite, runs, create };
}

test("runs that ended make room for new ones, those that go on stay", async () => {
  const { clock, sqlite, runs, create } = await openRuns();
  await create("waits", "waiting");
  for (let index = 0; index < 80; index += 1) await create(`old${index}`, "succeeded");
  clock.set(clock.now() + 2 * DAY_MS);
  for (let index = 0; index < 80; index += 1) await create(`new${index}`, "succeeded");
  expect(bytesInUse(sqlite)).toBeLessThanOrEqual(MAX_BYTES);
  expect(await runs.load("old0")).toBeUndefined();
  expect(await runs.load("new0")).toBeDefined();
  expect(await runs.load("waits")).toBeDefined();
});

test("where those in progress take all of it, new ones are refused, and those go on", async () => {
  const { runs, create } = await openRuns();
  let refused: unknown;
  for (let index = 0; index < 200 && refused === undefined; index += 1) {
    await create(`r${index}`, "waiting").catch((error: unknown) => {
      refused = error;
    });
  }
  expect(refused).toMatchObject({ code: "unavailable", message: expect.stringContaining("maxMb") });
  const at = 1_000_000;
  await runs.append("r0", { after: 0, events: [], status: "succeeded", at });
  expect((await runs.load("r0"))?.status).toBe("succeeded");
});
