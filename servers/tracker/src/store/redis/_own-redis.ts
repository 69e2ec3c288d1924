import { type OwnRedis, startOwnRedis as start } from "@trestle/testkit/own-redis";
import { onTestFinished } from "vitest";

/** A Redis of the test's own, which loses nothing that it acknowledged when it is killed; it ends with the test. */
export async function startOwnRedis(): Promise<OwnRedis> {
  const redis = await start({ settings: { appendfsync: "always" } });
  onTestFinished(redis.end);
  return redis;
}
