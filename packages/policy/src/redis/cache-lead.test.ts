import { type JsonObject, systemClock } from "@trestle/protocol";
import { until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { down, read, setUp } from "../_cache.ts";
import { openSame, startRedisOfTest } from "./_redis.ts";
import { createRedisCache } from "./cache-redis.ts";

/** Two processes that have their answers in one Redis. */
async function openTwo() {
  const server = await startRedisOfTest();
  const open = async () => {
    const redis = await openSame({ url: server.url, prefix: "t" });
    const store = createRedisCache({ redis, clock: systemClock, maxBytes: 100_000 });
    return { redis, ...setUp({ store, clock: systemClock }) };
  };
  return { server, one: await open(), other: await open() };
}

test("of two processes that want the same answer one asks", async () => {
  const { one, other } = await openTwo();
  const first = one.start(read());
  await until("one asks", () => one.sent.length === 1);
  const second = other.start(read());
  one.sent[0]?.answer({ n: 7 });
  expect(await Promise.all([first.result, second.result])).toEqual([{ n: 7 }, { n: 7 }]);
  expect(other.sent).toEqual([]);
  expect(second.call.trail.cached).toBe(true);
});

test("where the one that asks fails, or is told nothing that is kept, the other one asks itself", async () => {
  const { one, other } = await openTwo();
  for (const end of ["fail", "answer"] as const) {
    const [before, beforeOther] = [one.sent.length, other.sent.length];
    const first = one.start(read());
    await until("one asks", () => one.sent.length > before);
    const second = other.start(read());
    if (end === "fail") one.sent.at(-1)?.fail(down());
    else one.sent.at(-1)?.answer({ isError: true });
    await until("the other one asks", () => other.sent.length > beforeOther);
    other.sent.at(-1)?.answer({ isError: true, n: 2 } as JsonObject);
    await first.result;
    expect(await second.result).toEqual({ isError: true, n: 2 });
  }
});

test("nobody waits longer than two seconds for another's answer, nor for a Redis that is slow", async () => {
  const { server, one, other } = await openTwo();
  one.start(read());
  await until("one asks", () => one.sent.length === 1);
  const began = performance.now();
  other.start(read());
  await until("the other one asks", () => other.sent.length === 1);
  expect(performance.now() - began).toBeGreaterThan(1_000);
  expect(performance.now() - began).toBeLessThan(3_500);
  await server.kill();
  await until("Redis is gone", () => !other.redis.isUp());
  const again = performance.now();
  other.start(read({ principal: { id: "bob", kind: "key" } }));
  await until("it asks", () => other.sent.length === 2);
  expect(performance.now() - again).toBeLessThan(1_000);
});
