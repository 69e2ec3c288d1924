import { expect, test } from "vitest";
import { describeCacheStore } from "./_describe-cache-store.ts";
import { createTestClock } from "./_parts.ts";
import { createMemoryCache } from "./cache-memory.ts";

describeCacheStore("memory", (clock) => createMemoryCache({ clock, maxBytes: 10_000 }));

test("never holds more bytes than it may, and counts them as they are encoded", () => {
  const store = createMemoryCache({ clock: createTestClock(0), maxBytes: 5_000 });
  const key = (digest: string) => ({ server: "db", tool: "run", digest });
  const put = (digest: string, text: string) =>
    store.put(key(digest), { text, askedAt: 0, ttlMs: 100, dropAt: 200 }, 0);
  for (let number = 0; number < 50; number += 1) {
    put(`${number}`, "é".repeat(400));
    expect(store.stats().bytes).toBeLessThanOrEqual(5_000);
  }
  expect(store.stats().entries).toBeGreaterThanOrEqual(3);
  expect(store.get(key("49"))).toBeDefined();
  expect(put("large", "x".repeat(5_000))).toBe(false);
});
