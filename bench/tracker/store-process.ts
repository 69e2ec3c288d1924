import process from "node:process";
import { boundYoungSpace } from "@trestle-mcp/server-kit/young-space";
import { openSqliteStore, type TrackerStore } from "@trestle-mcp/tracker";
import { createHistory } from "./history.ts";
import { askAll } from "./questions.ts";

/** `fill|ask FOLDER COUNT SEED`: what it found is one line of JSON. */
const [job, folder = "", count = "", seed = ""] = process.argv.slice(2);
/** As many as a reader gives at once: more would cost memory and hardly be quicker. */
const BATCH = 250;
const MB = 1e6;

export type Filled = Awaited<ReturnType<typeof fill>>;
export type Asked = Awaited<ReturnType<typeof ask>>;

// As the server's own program does.
boundYoungSpace();
const store = await openSqliteStore({ folder });
const result = await (job === "fill" ? fill(store) : ask(store));
await store.close();
process.stdout.write(`${JSON.stringify(result)}\n`);

/** What making the records costs is not counted. */
async function fill(into: TrackerStore) {
  const history = createHistory(Number(seed));
  let processor = 0;
  let ms = 0;
  let most = 0;
  for (let made = 0; made < Number(count); made += BATCH) {
    const batch = history.next(BATCH);
    const before = process.cpuUsage();
    const begun = performance.now();
    await into.commit(batch);
    ms += performance.now() - begun;
    const { user, system } = process.cpuUsage(before);
    processor += user + system;
    most = Math.max(most, process.memoryUsage.rss());
  }
  const { bytes } = await into.stats();
  return {
    perSecond: (Number(count) / ms) * 1_000,
    processorMs: processor / 1_000,
    rssMb: most / MB,
    storedMb: bytes / MB,
  };
}

async function ask(of: TrackerStore) {
  const started = performance.now();
  await of.stats();
  const firstMs = performance.now() - started;
  const speeds = await askAll(of, Number(count), Number(seed));
  return { firstMs, speeds, rssMb: process.memoryUsage.rss() / MB };
}
