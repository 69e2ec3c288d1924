import { Redis } from "ioredis";
import { afterAll, onTestFinished } from "vitest";
import { describeTrackerStore } from "../_describe-tracker-store.ts";
import { openRedisStore } from "./open.ts";

const URL_OF_REDIS = "redis://127.0.0.1:6379";
const RUN = `trestle-test-${process.pid}-${Date.now()}`;
let opened = 0;

describeTrackerStore("the store in Redis", {
  async open(options = {}) {
    const store = await openRedisStore({
      url: URL_OF_REDIS,
      prefix: `${RUN}-${++opened}`,
      ...options,
    });
    onTestFinished(() => store.close());
    return store;
  },
});

/** Only what these tests wrote. */
afterAll(async () => {
  for (const db of [1, 10]) {
    const redis = new Redis(URL_OF_REDIS, { db });
    for await (const keys of redis.scanStream({ match: `{${RUN}-*`, count: 1_000 })) {
      if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
    }
    await redis.quit();
  }
});
