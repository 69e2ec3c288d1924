import { until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { describeLimitStore } from "../_describe-limit-store.ts";
import { createTestClock } from "../_parts.ts";
import { openEmptyRedis, openSame, passInRedis, startRedisOfTest } from "./_redis.ts";
import { createRedisLimits } from "./limit-redis.ts";

const alone = { replicas: () => 1 };

describeLimitStore("Redis", async (clock) => {
  const redis = await openEmptyRedis();
  return {
    store: await createRedisLimits({ redis, clock, ...alone }),
    slackMs: 5_000,
    async pass(ms) {
      clock.advance(ms);
      await passInRedis(redis, ms);
    },
  };
});

const rule = { calls: 30, windowMs: 600_000 };

async function openReplicas(count: number) {
  const server = await startRedisOfTest();
  const clock = createTestClock(0);
  const links = await Promise.all(
    Array.from({ length: count }, () => openSame({ url: server.url, prefix: "t" })),
  );
  const stores = await Promise.all(
    links.map((redis) => createRedisLimits({ redis, clock, replicas: () => count })),
  );
  const isUp = (wanted: boolean) => links.every((link) => link.isUp() === wanted);
  /** So many calls, one replica after the other; how many were let through. */
  async function take(calls: number): Promise<number> {
    let allowed = 0;
    for (let call = 0; call < calls; call += 1) {
      const state = await stores[call % count]?.take("a", rule);
      if (state?.allowed) allowed += 1;
    }
    return allowed;
  }
  return { server, clock, isUp, take };
}

test("replicas count together", async () => {
  const { take } = await openReplicas(3);
  expect(await take(90)).toBe(30);
});

test("what was left when Redis went is not exceeded, and what was used meanwhile is counted after", async () => {
  const { server, isUp, take } = await openReplicas(3);
  expect(await take(15)).toBe(15);
  await server.kill();
  await until("the replicas know", () => isUp(false));
  const meanwhile = await take(90);
  expect(meanwhile).toBeGreaterThan(0);
  expect(meanwhile, "each has a third of the 15 to 17 that it knew to be left").toBeLessThanOrEqual(
    15,
  );
  await server.restart();
  await until("the replicas know", () => isUp(true));
  // Until all three have said what they let through, the first two may let one call more through each.
  expect(15 + meanwhile + (await take(90))).toBeLessThanOrEqual(30 + 2);
  expect(await take(90)).toBe(0);
});

test("an outage lets one window's calls through in a window, however many replicas there are", async () => {
  const { server, clock, isUp, take } = await openReplicas(3);
  await server.kill();
  await until("the replicas know", () => isUp(false));
  expect(await take(90)).toBe(30);
  clock.advance(rule.windowMs);
  expect(await take(90)).toBe(30);
});

test("a Redis that lost everything allows one burst more, and no second one", async () => {
  const { server, isUp, take } = await openReplicas(3);
  expect(await take(90)).toBe(30);
  await server.kill();
  await until("the replicas know", () => isUp(false));
  expect(await take(90)).toBe(0);
  server.lose();
  await server.restart();
  await until("the replicas know", () => isUp(true));
  expect(await take(90)).toBeLessThanOrEqual(30);
});

test("a Redis that hangs holds nobody up for two seconds", async () => {
  const { server, take } = await openReplicas(1);
  server.freeze();
  const began = performance.now();
  expect(await take(3)).toBe(3);
  expect(performance.now() - began).toBeLessThan(2_000);
  server.goOn();
});
