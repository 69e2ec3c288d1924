import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { openIngestion } from "../ingest/open-ingestion.ts";
import { createRecordRedact } from "../redact/redact-record.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { createDeriving } from "./deriving.ts";

test("templates of messages and tasks are known after a restart", async () => {
  const clock = manualClock(Date.now());
  const store = await openSqliteStore({ folder: temporaryFolder("store"), clock });
  onTestFinished(() => store.close());
  const path = join(temporaryFolder("log"), "app.log");
  const source = { name: "app", kind: "log", path, isAskedFor: true } as const;

  async function readOnce(text: string): Promise<void> {
    writeFileSync(path, text);
    const deriving = createDeriving(store);
    const ingestion = openIngestion({
      ...{ store, clock, host: "test", holder: crypto.randomUUID(), watch: "poll" },
      sources: async () => [source],
      extractors: deriving.extractors,
      redact: createRecordRedact(),
      prepare: deriving.restore,
      save: () => deriving.save(clock.now()),
    });
    await ingestion.catchUp();
    clock.advance(10_000);
    await ingestion.catchUp();
    await ingestion.close();
  }

  const first = "2026-01-01T00:00:00Z ERROR no answer from shop after retry again\n";
  await readOnce(`${first}2026-01-01T00:00:01Z ERROR no answer from till after retry again\n`);
  const last = "2026-01-01T00:00:02Z ERROR no answer from cart after retry again\n";
  await readOnce(
    `${first}2026-01-01T00:00:01Z ERROR no answer from till after retry again\n${last}`,
  );
  const { items } = await store.errorEvents({});
  expect(items.map(({ template }) => template)).toContain("no answer from <*> after retry again");
  expect(await store.document("setting", "drain")).toMatchObject({
    value: { clusters: [[expect.anything(), 3, expect.anything(), expect.anything()]] },
  });
});
