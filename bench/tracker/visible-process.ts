import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "@trestle-mcp/server-kit";
import {
  createDrain,
  createExtractors,
  createRecordRedact,
  createTaskDirectory,
  openIngestion,
  openSqliteStore,
} from "@trestle-mcp/tracker";

/** `STORE SOURCES`: reads transcripts and logs until its input ends, then says what being idle costs. */
const [folder = "", sources = ""] = process.argv.slice(2);
const IDLE_MS = 10_000;

export interface Idle {
  readonly cpuPercent: number;
  readonly heapMb: number;
  readonly rssMb: number;
}

const store = await openSqliteStore({ folder });
const ingestion = openIngestion({
  store,
  clock: systemClock,
  host: "bench",
  holder: String(process.pid),
  sources: async () => JSON.parse(sources),
  extractors: createExtractors({ drain: createDrain(), tasks: createTaskDirectory() }),
  redact: createRecordRedact(),
});
await ingestion.start();
process.stdout.write("reading\n");
for await (const _ of process.stdin);
await pause(2_000);
const before = process.cpuUsage();
await pause(IDLE_MS);
const { user, system } = process.cpuUsage(before);
globalThis.gc?.();
const { heapUsed, rss } = process.memoryUsage();
const idle: Idle = {
  cpuPercent: (user + system) / 10 / IDLE_MS,
  heapMb: heapUsed / 1e6,
  rssMb: rss / 1e6,
};
process.stdout.write(`${JSON.stringify(idle)}\n`);
await ingestion.close();
await store.close();
