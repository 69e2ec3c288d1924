import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createRedisBus, createRedisLocks, openRedis, type RedisLink } from "../src/redis/index.ts";
import { type OwnCluster, startOwnCluster } from "./_own-cluster.ts";
import { until } from "./_processes.ts";
import { describeBus } from "./describe-bus.ts";
import { describeLocks } from "./describe-locks.ts";

let cluster: OwnCluster;
let opened = 0;
beforeAll(async () => {
  cluster = await startOwnCluster();
}, 60_000);
afterAll(() => cluster?.end());

/** Two ways to the cluster, with nothing in it yet. */
async function openTwice(): Promise<[RedisLink, RedisLink]> {
  opened += 1;
  const open = async () => {
    const link = await openRedis({ url: cluster.url, prefix: `t${opened}` });
    onTestFinished(link.close);
    await until("the cluster is found", () => link.isUp());
    return link;
  };
  return [await open(), await open()];
}

describeBus("over a cluster", async () => {
  const [one, other] = await openTwice();
  const buses = [createRedisBus({ redis: one }), createRedisBus({ redis: other })] as const;
  onTestFinished(async () => {
    for (const bus of buses) await bus.close();
  });
  return buses;
});

describeLocks("in a cluster", async ({ clock }) => {
  const [one, other] = await openTwice();
  return [createRedisLocks({ redis: one, clock }), createRedisLocks({ redis: other, clock })];
});

test("a cluster of which nothing is left is known to be gone, though nobody asks it anything", async () => {
  const own = await startOwnCluster();
  const link = await openRedis({ url: own.url, prefix: "t" });
  onTestFinished(link.close);
  await until("the cluster is found", () => link.isUp());
  await own.end();
  await until("it is known", () => !link.isUp());
  const began = performance.now();
  await expect(link.command("GET", "k")).rejects.toMatchObject({ code: "unavailable" });
  expect(performance.now() - began).toBeLessThan(500);
}, 90_000);
