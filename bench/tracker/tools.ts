import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { startRawSession } from "@trestle/testkit";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { quantile } from "../gateway/statistics.ts";
import { createRandom, type Random } from "../knowledge/random.ts";
import { countFrom, progress } from "../measure.ts";
import { fillStore } from "./filled-store.ts";
import { sessionOf, wordOf } from "./history.ts";
import type { PartResult } from "./part.ts";

const BIN = fileURLToPath(new URL("bin.ts", import.meta.resolve("@trestle-mcp/tracker")));
const LAPS = 3;
/** Milliseconds. */
const MOST_P50 = 60;
const MOST_P99: Readonly<Record<string, number>> = { get_unfinished_tasks: 50, search_history: 50 };

interface Speed {
  readonly tool: string;
  readonly firstMs: number;
  readonly p50: number;
  readonly p99: number;
  /** Of each call the quickest of its laps: that one nobody else was in the way of. */
  readonly quickestP50: number;
  readonly quickestP99: number;
  /** The same, where something was stored before each call. */
  readonly afterWriteP50: number;
}

/**
 * How long each tool takes through MCP, over stdio, in a store of so many records: COUNT, CALLS and SEED choose. STORE
 * names a folder in which the filled store stays for the next time.
 */
export async function benchTools(): Promise<PartResult> {
  const count = countFrom("COUNT", 1_000_000);
  const calls = countFrom("CALLS", 40);
  const seed = countFrom("SEED", 1);
  const kept = process.env.STORE;
  const folder = kept ?? mkdtempSync(join(tmpdir(), "trestle-bench-tools-"));
  try {
    progress(`storing ${count} records`);
    await fillStore(folder, count, seed);
    progress("calling");
    const speeds = await callAll(folder, { count, calls, seed });
    return {
      result: { count, calls, seed, speeds },
      tables: [{ title: `Tools at ${count} records, milliseconds`, rows: speeds.map(shown) }],
      failures: judge(speeds),
      notes: [],
    };
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Asked {
  readonly count: number;
  readonly calls: number;
  readonly seed: number;
}

async function callAll(folder: string, { count, calls, seed }: Asked): Promise<Speed[]> {
  const home = mkdtempSync(join(tmpdir(), "trestle-bench-home-"));
  const env = {
    ...{ ...nodeEnvironment(), TRESTLE_HOME: join(home, "own"), TRACKER_HOME_DIR: home },
    ...{ TRACKER_DATA_DIR: folder, TRACKER_MAX_MB: "0" },
  };
  const session = startRawSession({ command: process.execPath, args: [BIN], env, cwd: home });
  try {
    await session.initialize();
    const random = createRandom(seed);
    const speeds: Speed[] = [];
    for (const [tool, make] of Object.entries(questionsOf(count, random))) {
      progress(tool);
      const asked = Array.from({ length: calls }, make);
      const call = (args: JsonObject) => session.call(tool, args);
      const write = () => session.call("ingest_chat", chatOf(random));
      speeds.push(await speedOf(tool, asked, { call, write }));
    }
    return speeds;
  } finally {
    await session.kill("SIGKILL");
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The nine, and the search; each time with other arguments, where it has any. */
function questionsOf(count: number, random: Random): Record<string, () => JsonObject> {
  const project = () => `project${random.below(20)}`;
  const some = (args: JsonObject): JsonObject => (random.below(2) === 0 ? {} : args);
  return {
    get_unfinished_tasks: () => some({ project: project() }),
    search_history: () => ({
      query: wordOf(1 + random.below(5_000)),
      ...some({ project: project() }),
    }),
    get_error_correlations: () => some({ project: project() }),
    get_insights: () => some({ project: project() }),
    validate_fixes: () => some({ project: project() }),
    system_health_check: () => ({}),
    get_task_analytics: () => some({ project: project() }),
    correlate_conversations: () => ({ session: sessionOf(random.below(count)) }),
    generate_system_report: () => some({ since: "24h" }),
    ingest_chat: () => chatOf(random),
  };
}

/** That nobody has pasted before. */
const chatOf = (random: Random): JsonObject => ({
  text: `User: Mend door ${random.hex(8)}\n\nAssistant: I will do that tomorrow.`,
});

type Call = (args: JsonObject) => Promise<JsonObject>;

async function speedOf(
  tool: string,
  asked: readonly JsonObject[],
  { call, write }: { readonly call: Call; readonly write: () => Promise<JsonObject> },
): Promise<Speed> {
  const calls = asked.map((args) => () => checked(tool, call(args)));
  const [first = () => Promise.resolve()] = calls;
  const firstMs = await timed(first);
  const quiet = await measure(calls, async () => {});
  const written = await measure(calls, () => checked("ingest_chat", write()));
  return {
    ...{ tool, firstMs, p50: quantile(quiet.all, 0.5), p99: quantile(quiet.all, 0.99) },
    quickestP50: quantile(quiet.quickest, 0.5),
    quickestP99: quantile(quiet.quickest, 0.99),
    afterWriteP50: quantile(written.quickest, 0.5),
  };
}

type Work = () => Promise<void>;

/** Sorted: how long all took, and of each the quickest of its laps. The first lap fills caches. */
async function measure(calls: readonly Work[], before: Work) {
  const all: number[] = [];
  const quickest = calls.map(() => Number.POSITIVE_INFINITY);
  for (let lap = 0; lap <= LAPS; lap += 1) {
    for (const [at, call] of calls.entries()) {
      await before();
      const took = await timed(call);
      if (lap === 0) continue;
      all.push(took);
      quickest[at] = Math.min(took, quickest[at] ?? took);
    }
  }
  all.sort((a, b) => a - b);
  quickest.sort((a, b) => a - b);
  return { all, quickest };
}

async function timed(work: Work): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function checked(tool: string, answered: Promise<JsonObject>): Promise<void> {
  const { isError, content } = await answered;
  if (isError === true) throw new Error(`${tool}: ${JSON.stringify(content)}`);
}

function shown(speed: Speed) {
  const text = (value: number) => value.toFixed(1);
  return {
    ...{ tool: speed.tool, first: text(speed.firstMs), p50: text(speed.p50), p99: text(speed.p99) },
    "p50, quickest of 3": text(speed.quickestP50),
    "p99, quickest of 3": text(speed.quickestP99),
    "p50, quickest of 3, each after a write": text(speed.afterWriteP50),
  };
}

/** By the quickest lap: a machine that others use makes any of them long. */
function judge(speeds: readonly Speed[]): string[] {
  return speeds.flatMap(({ tool, quickestP50, quickestP99, afterWriteP50 }) => {
    const most = MOST_P99[tool] ?? Number.POSITIVE_INFINITY;
    return [
      ...(quickestP50 > MOST_P50
        ? [`${tool}: p50 is ${quickestP50.toFixed(1)} ms, above ${MOST_P50}.`]
        : []),
      ...(afterWriteP50 > MOST_P50
        ? [`${tool}: after a write, p50 is ${afterWriteP50.toFixed(1)} ms, above ${MOST_P50}.`]
        : []),
      ...(quickestP99 > most
        ? [`${tool}: p99 is ${quickestP99.toFixed(1)} ms, above ${most}.`]
        : []),
    ];
  });
}
