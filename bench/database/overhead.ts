import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOCAL_PRINCIPAL, type ServerInstance, silentLogger, systemClock } from "@trestle/protocol";
import { openPostgres, server } from "@trestle-mcp/database";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { Client } from "pg";
import {
  type Interval,
  medianWithInterval,
  quantile,
  ratioWithInterval,
} from "../gateway/statistics.ts";
import { progress } from "../measure.ts";
import { placeApart } from "./placement.ts";
import type { Settings } from "./settings.ts";
import { countTrips } from "./trip-counter.ts";

export interface OverheadResult {
  readonly what: string;
  /** Median of one statement in ms. */
  readonly p50: Interval;
  readonly p99: Interval;
  /** Of one statement, with all that cleans the connection afterwards. */
  readonly trips: number;
  /** Medians of the same round, against the bare driver. */
  readonly ratio: Interval;
}

interface Way {
  readonly what: string;
  run(): Promise<unknown>;
  close(): Promise<void>;
}

const STATEMENT = "SELECT 1 AS one";
const WARM_UP = 100;
/** Calls of one way before the next has its turn: enough to be warm, and so few that the machine is as busy for each. */
const TURN = 100;

/** `run_sql` in this process against a transaction of the bare driver, by turns all through every round. */
export async function measureOverhead(url: string, settings: Settings): Promise<OverheadResult[]> {
  progress("overhead of run_sql");
  const { rounds, calls } = settings;
  let release: (() => void) | undefined;
  const open = [openBare, openQuery, openTool] as const;
  const trips = await countEach(url, open);
  const ways: Way[] = [];
  for (const make of open) ways.push(await make(url));
  try {
    for (const { run } of ways) await repeat(WARM_UP, run);
    release = await placeApart(url);
    if (!release) progress("processes were not placed: the kernel moves them as it likes");
    const times = ways.map((): { p50: number; p99: number }[] => []);
    for (let round = 0; round < rounds; round += 1)
      for (const [at, samples] of (await timeRound(ways, calls)).entries())
        times[at]?.push({ p50: quantile(samples, 0.5), p99: quantile(samples, 0.99) });
    const p50s = times.map((all) => all.map(({ p50 }) => p50));
    return ways.map(({ what }, at) => ({
      what,
      p50: medianWithInterval(p50s[at] ?? []),
      p99: medianWithInterval(times[at]?.map(({ p99 }) => p99) ?? []),
      trips: trips[at] ?? Number.NaN,
      ratio: ratioWithInterval(p50s[at] ?? [], p50s[0] ?? []),
    }));
  } finally {
    release?.();
    for (const way of ways) await way.close();
  }
}

/** What anybody would write with `pg`. */
async function openBare(url: string): Promise<Way> {
  const client = new Client(url);
  await client.connect();
  return {
    what: "BEGIN; SELECT 1; COMMIT by pg",
    async run() {
      await client.query("BEGIN");
      await client.query(STATEMENT);
      await client.query("COMMIT");
    },
    close: () => client.end(),
  };
}

/** What `run_sql` does in its `run`: the guard, then the settings of the transaction, the page, the cleaning. */
async function openQuery(url: string): Promise<Way> {
  const database = openPostgres({ url });
  return {
    what: "run_sql, inside run()",
    async run() {
      await database.check([{ sql: STATEMENT }]);
      await database.execute(STATEMENT);
    },
    close: () => database.close(),
  };
}

/** The tool as it is called in a process: no wire of MCP, but all that `run` does, input and output checked. */
async function openTool(url: string): Promise<Way> {
  const dataDir = join(tmpdir(), "trestle-bench-database");
  const host = createStandaloneHost({ dataDir, clock: systemClock, log: silentLogger });
  const instance = server.mount(host, { DATABASE_URL: url });
  return {
    what: "run_sql, called in the process",
    run: () => call(instance),
    async close() {
      await instance.close();
      await host.close();
    },
  };
}

const { signal } = new AbortController();
const context = {
  principal: LOCAL_PRINCIPAL,
  signal,
  client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
} as const;

async function call(instance: ServerInstance): Promise<void> {
  const params = { name: "run_sql", arguments: { sql: STATEMENT } };
  const result = await instance.request("tools/call", params, context);
  if (result.isError) throw new Error(`run_sql failed: ${JSON.stringify(result)}`);
}

async function countEach(
  url: string,
  open: readonly ((url: string) => Promise<Way>)[],
): Promise<number[]> {
  const counts: number[] = [];
  for (const make of open) {
    const counter = await countTrips(url);
    const way = await make(counter.url);
    await repeat(10, way.run);
    counter.take();
    await repeat(WARM_UP, way.run);
    counts.push(counter.take() / WARM_UP);
    await way.close();
    counter.close();
  }
  return counts;
}

async function repeat(times: number, run: () => Promise<unknown>): Promise<void> {
  for (let at = 0; at < times; at += 1) await run();
}

/** Sorted, one list for each way. */
async function timeRound(ways: readonly Way[], calls: number): Promise<Float64Array[]> {
  const times = ways.map(() => new Float64Array(calls));
  for (let from = 0, turn = 0; from < calls; from += TURN, turn += 1) {
    const order = [...ways.entries()];
    for (const [at, { run }] of turn % 2 === 0 ? order : order.reverse())
      for (let call = from; call < Math.min(calls, from + TURN); call += 1) {
        const started = performance.now();
        await run();
        (times[at] ?? [])[call] = performance.now() - started;
      }
  }
  return times.map((each) => each.sort());
}
