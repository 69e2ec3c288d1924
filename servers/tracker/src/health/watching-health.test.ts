import { randomUUID } from "node:crypto";
import { silentLogger, systemClock } from "@trestle/protocol";
import { until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../alerts/_receiver.ts";
import { resolveAlerts } from "../alerts/config.ts";
import { startOwnRedis } from "../store/redis/_own-redis.ts";
import { openRedisStore } from "../store/redis/open.ts";
import { healthSchema } from "./config.ts";
import { createWatchingHealth } from "./watching-health.ts";

test("that its own store is gone is told, once, and that it is back as well", async () => {
  const receiver = await startReceiver();
  const redis = await startOwnRedis();
  const store = await openRedisStore({ url: redis.url });
  const { targets, maintenance, alerts } = healthSchema.parse({
    targets: [{ kind: "redis", name: "store", url: redis.url, fall: 2, rise: 2, timeoutMs: 500 }],
    alerts: { webhooks: { ops: { url: receiver.url } }, allowHosts: ["127.0.0.1"] },
  });
  const health = createWatchingHealth({
    ...{ store, alerts: resolveAlerts(alerts, {}), holder: randomUUID(), leaseMs: 400 },
    // Faster than anybody may configure it.
    health: { targets: targets.map((each) => ({ ...each, intervalMs: 100 })), maintenance },
    ...{ clock: systemClock, random: Math.random, newId: randomUUID, log: silentLogger },
    ...{ publish: () => {}, version: "0" },
  });
  onTestFinished(async () => {
    await health.close();
    await store.close();
  });
  await health.start();
  await health.checkNow();
  expect(await health.status()).toMatchObject([{ state: { status: "up" } }]);
  await redis.kill();
  await until("its fall is told", () => receiver.received.length === 1);
  // Longer than the lease was good for.
  await redis.restart();
  await until("its return is told", () => receiver.received.length === 2);
  expect(receiver.received.map(({ json }) => json.topic)).toEqual([
    "alert.firing",
    "alert.resolved",
  ]);
}, 60_000);
