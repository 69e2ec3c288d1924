import { until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { describeCacheStore } from "../_describe-cache-store.ts";
import { createTestClock } from "../_parts.ts";
import { openEmptyRedis, openSame, startRedisOfTest } from "./_redis.ts";
import { createRedisCache } from "./cache-redis.ts";

describeCacheStore("Redis", async (clock) => {
  const redis = await openEmptyRedis();
  return createRedisCache({ redis, clock, maxBytes: 10_000 });
});

const key = (digest: string) => ({ server: "db", tool: "run", digest });
const entry = (text = "{}") => ({ text, askedAt: 0, ttlMs: 100, dropAt: 200 });

async function openTwo() {
  const server = await startRedisOfTest();
  const clock = createTestClock(0);
  const open = () => openSame({ url: server.url, prefix: "t" });
  const links = [await open(), await open()] as const;
  const [one, other] = links.map((redis) => createRedisCache({ redis, clock, maxBytes: 5_000 }));
  if (!one || !other) throw new Error("there are two");
  const become = (up: boolean) =>
    until("the links know", () => links.every((link) => link.isUp() === up));
  return { server, clock, one, other, become };
}

test("what one replica stored another one has, until either begins a generation", async () => {
  const { one, other } = await openTwo();
  expect(await one.put(key("x"), entry('{"n":12345678901234567890}'), 0)).toBe(true);
  expect((await other.get(key("x")))?.text).toBe('{"n":12345678901234567890}');
  expect(await other.bump("db")).toBe(1);
  expect(await one.get(key("x"))).toBeUndefined();
  expect(await one.put(key("x"), entry(), 0), "asked for before the write").toBe(false);
});

test("never holds more bytes of a server than it may", async () => {
  const { one } = await openTwo();
  for (let number = 0; number < 30; number += 1) {
    await one.put(key(`${number}`), { ...entry("é".repeat(400)), dropAt: 200 + number }, 0);
    expect((await one.stats()).bytes).toBeLessThanOrEqual(5_000);
  }
  expect(await one.get(key("29")), "what ends last stays").toBeDefined();
  expect(await one.put(key("large"), entry("x".repeat(5_000)), 0)).toBe(false);
});

test("without Redis there is nothing, nobody waits, and a write is not forgotten", async () => {
  const { server, one, other, become } = await openTwo();
  await one.put(key("x"), entry(), 0);
  await server.kill();
  await become(false);
  const began = performance.now();
  expect(await one.get(key("x"))).toBeUndefined();
  const before = await one.generation("db");
  expect(await one.put(key("y"), entry(), before)).toBe(false);
  await one.bump("db");
  expect(await one.generation("db"), "who waits for an answer of before does not get it").not.toBe(
    before,
  );
  expect(await one.stats()).toEqual({ entries: 0, bytes: 0 });
  expect(performance.now() - began).toBeLessThan(1_000);

  await server.restart();
  await become(true);
  expect(await one.generation("db")).toBe(1);
  expect(await other.get(key("x")), "it was read before the write").toBeUndefined();
  expect(await other.put(key("x"), entry(), 1)).toBe(true);
  expect(await one.get(key("x"))).toBeDefined();
});
