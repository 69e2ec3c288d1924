import { expect, test } from "vitest";
import { backoffDelay } from "./backoff.ts";

test("delays double up to a maximum, and jitter takes at most half of them", () => {
  const delays = (random: number) =>
    [0, 1, 2, 10, 5_000].map((attempt) =>
      backoffDelay(attempt, { firstMs: 500, maxMs: 30_000, random: () => random }),
    );
  expect(delays(1)).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
  expect(delays(0)).toEqual([250, 500, 1_000, 15_000, 15_000]);
});
