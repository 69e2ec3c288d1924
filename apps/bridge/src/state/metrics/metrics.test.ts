import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HistoryRow } from "@trestle/policy";
import { openSqlite, type Sqlite } from "@trestle/store";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTimeline, rowOf } from "../_rows.ts";
import { historyMigrations } from "../schema.ts";
import { createMetrics, type MetricRow, type MetricsStore } from "./metrics.ts";
import { MOST_CELLS } from "./minute.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday at noon. */
const NOON = Date.UTC(2026, 0, 5, 12);

const folder = mkdtempSync(join(tmpdir(), "trestle-metrics-"));
let files = 0;
let clock = createTimeline(NOON);
let database: Sqlite;
let metrics: MetricsStore;

beforeEach(async () => {
  await closeAll();
  files += 1;
  clock = createTimeline(NOON);
  await reopen();
});

afterAll(async () => {
  await closeAll();
  rmSync(folder, { recursive: true, force: true });
});

async function closeAll(): Promise<void> {
  await metrics?.close();
  await database?.close().catch(() => {});
}

/** As the next bridge would. */
async function reopen(): Promise<void> {
  database = await openSqlite({ file: join(folder, `${files}.db`), migrations: historyMigrations });
  metrics = createMetrics({ database, clock });
}

function observe(changes: Partial<HistoryRow> = {}, times = 1): void {
  for (let count = 0; count < times; count += 1) metrics.observe(rowOf(changes));
}

const callsOf = (rows: readonly MetricRow[]) => rows.map(({ calls }) => calls);

describe("the figures of a tool", () => {
  test("say how often, how well and how fast it was called", async () => {
    observe({ durationMs: 10 }, 6);
    observe({ durationMs: 0.5, cached: true, attempts: 0 }, 2);
    observe({ durationMs: 300, retries: 2, attempts: 3, cost: 0.3 });
    clock.advance(5);
    const failure = { outcome: "error", errorCode: "timeout", durationMs: 1_000 } as const;
    observe({ ...failure, fallbackUsed: true, retries: 1 });
    const [row, ...others] = await metrics.query();
    expect(others).toEqual([]);
    expect(row).toEqual({
      server: "one",
      tool: "read",
      calls: 10,
      successes: 9,
      successRate: 0.9,
      avgMs: 136.1,
      minMs: 0.5,
      maxMs: 1_000,
      p50Ms: expect.closeTo(10, 0),
      p95Ms: expect.closeTo(1_000, -2),
      p99Ms: expect.closeTo(1_000, -2),
      cacheHits: 2,
      hitRate: 0.2,
      retries: 3,
      retryRate: 0.2,
      fallbacks: 1,
      fallbackRate: 0.1,
      errors: { timeout: 1 },
      outcomeUnknown: 0,
      lastAt: NOON + 5,
      cost: 0.3,
    });
  });

  test("tell failures apart by their code, and what may have happened from what did not", async () => {
    observe({ outcome: "outcome_unknown", errorCode: "timeout" }, 2);
    observe({ outcome: "tool_error", errorCode: "__proto__" });
    observe({ outcome: "error", errorCode: "denied" });
    await metrics.flush();
    const [row] = await metrics.query();
    expect(row).toMatchObject({ calls: 4, successes: 0, outcomeUnknown: 2 });
    expect(Object.entries(row?.errors ?? {}).toSorted()).toEqual([
      ["__proto__", 1],
      ["denied", 1],
      ["timeout", 2],
    ]);
  });

  test("take any number of codes, and tell 32 of them apart", async () => {
    for (let code = 0; code < 100; code += 1) {
      observe({ outcome: "error", errorCode: `${-32_000 - code}` });
    }
    const { errors } = await metrics.totals();
    expect(Object.keys(errors)).toHaveLength(33);
    expect(errors["(other)"]).toBe(68);
  });

  test("are nothing but zeros where nothing was called", async () => {
    expect(await metrics.query()).toEqual([]);
    const totals = await metrics.totals();
    for (const figure of Object.values(totals)) expect([0, {}]).toContainEqual(figure);
  });
});

describe("a query", () => {
  beforeEach(() => {
    observe({ server: "a", tool: "x", principal: "ann" }, 1);
    observe({ server: "a", tool: "y", principal: "ann" }, 2);
    observe({ server: "a", tool: "y", principal: "bob" }, 4);
    observe({ server: "b", tool: "x", principal: "bob" }, 8);
  });

  test.each([
    ["tool", {}, ["b/x 8", "a/y 6", "a/x 1"]],
    ["server", { groupBy: "server" }, ["b/- 8", "a/- 7"]],
    ["principal", { groupBy: "principal" }, ["bob 12", "ann 3"]],
    ["nothing", { groupBy: "none" }, ["15"]],
    ["tool of a principal", { principal: "ann" }, ["a/y 2", "a/x 1"]],
    ["server of a tool's name", { tool: "x", groupBy: "server" }, ["b/- 8", "a/- 1"]],
    ["one of all", { server: "a", tool: "y", principal: "bob" }, ["a/y 4"]],
  ] as const)("groups by %s", async (_what, query, expected) => {
    const shown = (rows: readonly MetricRow[]) =>
      rows.map(({ server, tool, principal, calls }) => {
        const name = server === undefined ? principal : `${server}/${tool ?? "-"}`;
        return name === undefined ? `${calls}` : `${name} ${calls}`;
      });
    expect(shown(await metrics.query(query))).toEqual(expected);
    await metrics.flush();
    expect(shown(await metrics.query(query))).toEqual(expected);
  });

  test("gives minutes, hours and days, each where it began, and all of them the same sum", async () => {
    for (const step of [30_000, 40_000, 2 * HOUR, 14 * HOUR, 1]) {
      clock.advance(step);
      observe({ server: "late" });
    }
    const late = { server: "late" } as const;
    const starts = async (bucket: "minute" | "hour" | "day") =>
      (await metrics.query({ ...late, bucket })).map(({ start, calls }) => [start, calls]);
    await metrics.flush();
    expect(await starts("minute")).toEqual([
      [NOON, 1],
      [NOON + MINUTE, 1],
      [NOON + 2 * HOUR + MINUTE, 1],
      [NOON + 16 * HOUR + MINUTE, 2],
    ]);
    expect(await starts("hour")).toEqual([
      [NOON, 2],
      [NOON + 2 * HOUR, 1],
      [NOON + 16 * HOUR, 2],
    ]);
    expect(await starts("day")).toEqual([
      [NOON - 12 * HOUR, 3],
      [NOON + 12 * HOUR, 2],
    ]);
    expect(callsOf(await metrics.query(late))).toEqual([5]);
  });

  test("is about the time that it names, in whole minutes", async () => {
    for (let minute = 1; minute <= 5; minute += 1) {
      clock.advance(MINUTE);
      observe({ server: "c" }, 10 ** (minute - 1));
    }
    const range = { from: NOON + 2 * MINUTE + 1, to: NOON + 4 * MINUTE, server: "c" };
    expect(callsOf(await metrics.query(range))).toEqual([110]);
    expect(callsOf(await metrics.query({ ...range, to: range.to + 1 }))).toEqual([1_110]);
  });

  test("too large to answer says what to ask for instead", async () => {
    for (let hour = 0; hour < 4; hour += 1) {
      for (let tool = 0; tool < 4_000; tool += 1) observe({ tool: `tool-${tool}` });
      clock.advance(HOUR);
    }
    // Of each hour 2,000 tools and their `(other)` are told apart.
    const rows = await metrics.query({ bucket: "day" });
    expect(rows.reduce((sum, { calls }) => sum + calls, 0)).toBe(16_015);
    await metrics.flush();
    for (let hour = 0; hour < 4; hour += 1) {
      for (let tool = 0; tool < 1_500; tool += 1) observe({ tool: `tool-${hour}-${tool}` });
      clock.advance(MINUTE);
    }
    const query = metrics.query({ bucket: "minute" });
    await expect(query).rejects.toMatchObject({ code: "invalid_input" });
  });
});

describe("what is remembered", () => {
  test("is counted once, through restarts, hours, days and their merging", async () => {
    const sum = async () => (await metrics.totals()).calls;
    let calls = 0;
    for (let step = 0; step < 60; step += 1) {
      observe({ tool: `t${step % 3}`, durationMs: 1 + step });
      calls += 1;
      clock.advance(step % 5 === 0 ? 7 * HOUR : 90_000);
      if (step % 7 === 3) {
        await metrics.close();
        await database.close();
        await reopen();
      }
      if (step % 4 === 0) await metrics.flush();
      expect(await sum(), `step ${step}`).toBe(calls);
      const days = await metrics.query({ bucket: "day", groupBy: "none" });
      expect(callsOf(days).reduce((a, b) => a + b)).toBe(calls);
    }
    expect(await metrics.totals()).toMatchObject({ minMs: 1, maxMs: 60, avgMs: 30.5 });
  });

  test("is kept in minutes for a day, in hours for 30 days and in days for two years", async () => {
    observe();
    const kept = async () => {
      await metrics.flush();
      const tiers = ["minute", "hour", "day"] as const;
      const rows = await Promise.all(
        tiers.map((bucket) => metrics.query({ bucket, tool: "read" })),
      );
      return rows.map(({ length }) => length);
    };
    const pass = async (ms: number) => {
      clock.advance(ms);
      observe({ tool: "later" });
      return kept();
    };
    expect(await kept()).toEqual([1, 1, 1]);
    expect(await pass(DAY - HOUR)).toEqual([1, 1, 1]);
    expect(await pass(2 * HOUR)).toEqual([0, 1, 1]);
    expect(await pass(28 * DAY)).toEqual([0, 1, 1]);
    expect(await pass(2 * DAY)).toEqual([0, 0, 1]);
    expect(await pass(690 * DAY)).toEqual([0, 0, 1]);
    expect(await pass(20 * DAY)).toEqual([0, 0, 0]);
  });

  test("takes calls from a clock that was set back", async () => {
    observe();
    for (const back of [2 * HOUR, 4 * DAY]) {
      clock.advance(back);
      observe();
      await metrics.flush();
      await metrics.close();
      clock.advance(-back);
      await database.close();
      await reopen();
      observe();
      await metrics.flush();
    }
    // What was merged before the clock was set back is merged for the second time.
    clock.advance(9 * DAY);
    observe();
    await metrics.flush();
    for (const bucket of ["hour", "day", "none"] as const) {
      const rows = await metrics.query({ bucket });
      expect(
        callsOf(rows).reduce((a, b) => a + b),
        bucket,
      ).toBe(6);
    }
  });

  test("stays bounded: principals are merged first, then tools, then servers", async () => {
    for (let index = 0; index < MOST_CELLS * 4; index += 1) {
      observe({ server: `s${index % 3}`, tool: `t${index % 7}`, principal: `p${index}` });
    }
    await metrics.flush();
    const tools = await metrics.query();
    expect(tools).toHaveLength(21);
    expect(callsOf(tools).reduce((a, b) => a + b)).toBe(MOST_CELLS * 4);
    const principals = await metrics.query({ groupBy: "principal" });
    expect(principals).toHaveLength(MOST_CELLS + 1);
    expect(principals[0]).toMatchObject({ principal: "(other)", calls: MOST_CELLS * 3 });

    clock.advance(MINUTE);
    for (let index = 0; index < MOST_CELLS * 5; index += 1) {
      observe({ server: `s${index}`, tool: `t${index}`, principal: `p${index}` });
    }
    const minute = { from: clock.now(), groupBy: "server" } as const;
    const servers = await metrics.query(minute);
    expect(servers).toHaveLength(MOST_CELLS * 3 + 1);
    expect(servers[0]).toMatchObject({ server: "(other)", calls: MOST_CELLS * 2 });
  });
});
