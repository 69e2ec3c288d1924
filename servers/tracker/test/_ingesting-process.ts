import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "@trestle/protocol";
import { createDrain } from "../src/drain/drain.ts";
import { createExtractors } from "../src/facts/extractors.ts";
import { openIngestion } from "../src/ingest/open-ingestion.ts";
import { createRecordRedact } from "../src/redact/redact-record.ts";
import { createTaskDirectory } from "../src/tasks/task-directory.ts";
import type { IngestTask } from "./_ingesting.ts";
import { openTestStore } from "./_stores.ts";

/** Reads the sources of its task into its store until it is killed, or once where its input ends. */
const task = JSON.parse(process.argv[2] ?? "") as IngestTask;
const store = await openTestStore(task.store);
const ingestion = openIngestion({
  store,
  clock: systemClock,
  host: "test",
  holder: `${process.pid}`,
  sources: async () => task.sources,
  extractors: createExtractors({ drain: createDrain(), tasks: createTaskDirectory() }),
  redact: createRecordRedact(),
  leaseMs: task.leaseMs,
});
if (task.isLive) await ingestion.start();
process.stdout.write("started\n");
await once(process.stdin.resume(), "end");
if (!task.isLive) {
  // Whoever was killed still has the lease for a moment.
  while (!(await ingestion.catchUp())) await pause(50);
  // And the last line of a log may wait for one that belongs to it.
  await pause(600);
  while (!(await ingestion.catchUp())) await pause(50);
}
await ingestion.close();
await store.close();
