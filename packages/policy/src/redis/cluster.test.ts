import type { OwnRedis } from "@trestle/testkit/own-redis";
import { startOwnCluster } from "@trestle/testkit/own-redis-cluster";
import { until } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll } from "vitest";
import { describeCacheStore } from "../_describe-cache-store.ts";
import { describeLimitStore } from "../_describe-limit-store.ts";
import { openEmptyRedis, passInRedis } from "./_redis.ts";
import { createRedisCache } from "./cache-redis.ts";
import { createRedisLimits } from "./limit-redis.ts";

let cluster: OwnRedis;
beforeAll(async () => {
  cluster = await startOwnCluster();
}, 60_000);
afterAll(() => cluster?.end());

async function open() {
  const redis = await openEmptyRedis(cluster);
  await until("the cluster is found", () => redis.isUp());
  return redis;
}

describeCacheStore("a cluster", async (clock) => {
  return createRedisCache({ redis: await open(), clock, maxBytes: 10_000 });
});

describeLimitStore("a cluster", async (clock) => {
  const redis = await open();
  return {
    store: await createRedisLimits({ redis, clock, replicas: () => 1 }),
    slackMs: 5_000,
    async pass(ms) {
      clock.advance(ms);
      await passInRedis(redis, ms);
    },
  };
});
