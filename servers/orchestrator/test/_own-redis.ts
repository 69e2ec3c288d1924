import { startOwnRedis as start } from "@trestle/testkit/own-redis";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";

/** A Redis of the test's own that keeps nothing on a disk: whenever it ends, everything in it is lost. */
export async function startOwnRedis() {
  const redis = await start({ settings: { appendonly: "no" } });
  onTestFinished(redis.end);
  const { url } = redis;
  return {
    url,
    async restart() {
      await redis.kill();
      await redis.restart();
    },
    async flush() {
      const client = new Redis(url, { maxRetriesPerRequest: 3 });
      await client.flushall();
      client.disconnect();
    },
  };
}
