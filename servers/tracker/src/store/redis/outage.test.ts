import { Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import { batchOf, recordOf } from "../_sample.ts";
import type { Cursor, TrackerStore } from "../tracker-store.ts";
import { startOwnRedis } from "./_own-redis.ts";
import { openRedisStore } from "./open.ts";

/** 2 s are promised; a busy machine takes its own time on top. */
const BOUND_MS = 6_000;

it("says within its time that Redis is gone, and goes on when it is back", async () => {
  const own = await startOwnRedis();
  const store = await openRedisStore({ url: own.url });
  onTestFinished(() => store.close());
  await store.commit(batchOf([recordOf("r1")]));

  own.freeze();
  await failsInTime(() => store.stats(), ["unavailable"]);
  own.goOn();
  await recovers(store, 1);

  await own.kill();
  await failsInTime(
    () => store.commit(batchOf([recordOf("r2")])),
    ["unavailable", "outcome_unknown"],
  );
  await failsInTime(() => store.search({ text: "line" }), ["unavailable"]);
  await own.restart();
  await recovers(store, 1);
  await store.commit(batchOf([recordOf("r2")]));
  expect((await store.stats()).records).toBe(2);
}, 60_000);

it("opens without a Redis, and says what is wrong when asked", async () => {
  const store = await openRedisStore({ url: "redis://127.0.0.1:1" });
  onTestFinished(() => store.close());
  await failsInTime(() => store.stats(), ["unavailable"]);
  await expect(openRedisStore({ url: "http://x" })).rejects.toMatchObject({
    code: "invalid_config",
  });
}, 60_000);

it("takes each batch from one of several instances", async () => {
  const own = await startOwnRedis();
  const stores = await Promise.all([1, 2, 3].map(() => openRedisStore({ url: own.url })));
  onTestFinished(async () => {
    for (const store of stores) await store.close();
  });
  const outcomes = await Promise.all(stores.map((store) => readAlong(store, 20)));
  expect(outcomes.flat().toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: 20 }, (_, n) => n),
  );
  expect((await stores[0]?.stats())?.records).toBe(100);
  expect(await stores[0]?.session("claude-code:one")).toMatchObject({ records: 100 });
}, 60_000);

it("writes to databases 10 and 1 alone", async () => {
  const own = await startOwnRedis();
  const store = await openRedisStore({ url: `${own.url}/0` });
  onTestFinished(() => store.close());
  await store.commit(batchOf([recordOf("r1")]));
  await store.putDocuments([{ kind: "insight", key: "i", at: 1, value: {} }]);
  const redis = new Redis(own.url);
  onTestFinished(() => redis.disconnect());
  const info = await redis.info("keyspace");
  expect([...info.matchAll(/^db(\d+):/gm)].map(([, db]) => db)).toEqual(["1", "10"]);
});

/** Reads one file to its end together with others, from wherever it stands; tells which batches were its own. */
async function readAlong(store: TrackerStore, end: number): Promise<number[]> {
  const own: number[] = [];
  for (;;) {
    const expected = await store.cursor("file");
    const n = expected?.offset ?? 0;
    if (n === end) return own;
    const records = Array.from({ length: 5 }, (_, at) => recordOf(`${n}-${at}`));
    const batch = batchOf(records, { cursor: cursorAt(n + 1), ...(expected ? { expected } : {}) });
    const done = await store.commit(batch).catch((error: { code: string }) => {
      if (error.code !== "conflict") throw error;
    });
    if (done) own.push(n);
  }
}

const cursorAt = (offset: number): Cursor => ({
  ...{ key: "file", source: "claude", path: "/logs/one.jsonl", offset },
  ...{ head: "h", headLength: 1, tail: "", begunAt: 0 },
});

async function failsInTime(ask: () => Promise<unknown>, codes: readonly string[]): Promise<void> {
  const started = performance.now();
  const error = await ask().then(
    () => undefined,
    (reason: { code: string }) => reason,
  );
  expect(codes).toContain(error?.code);
  expect(performance.now() - started).toBeLessThan(BOUND_MS);
}

async function recovers(store: TrackerStore, records: number): Promise<void> {
  await expect
    .poll(
      () =>
        store.stats().then(
          (stats) => stats.records,
          () => -1,
        ),
      { timeout: 30_000 },
    )
    .toBe(records);
}
