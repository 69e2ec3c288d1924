import { manualClock, seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { backoffMs, boundMs, DEFAULT_BACKOFF } from "./backoff.ts";
import { createBreaker } from "./breaker.ts";

test("waits stay within bounds that double up to the most", () => {
  const random = seededRandom();
  for (let round = 0; round < random.rounds(2_000); round += 1) {
    const failures = random.below(1_000);
    const wait = backoffMs(failures, random.next);
    expect(wait).toBeGreaterThanOrEqual(0);
    expect(wait).toBeLessThan(boundMs(failures, DEFAULT_BACKOFF));
  }
  const bounds = [0, 1, 2, 3, 4, 5, 1_000].map((failures) => boundMs(failures, DEFAULT_BACKOFF));
  expect(bounds).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("waits fill their bound evenly", () => {
  const random = seededRandom();
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let round = 0; round < 10_000; round += 1) {
    const tenth = Math.floor(backoffMs(0, random.next) / 200);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) expect(count).toBeGreaterThan(800);
});

test("a host that says when to come back is not asked earlier, nor by all at once", () => {
  expect(backoffMs(0, () => 0, { atLeastMs: 5_000 })).toBe(5_000);
  expect(backoffMs(0, () => 0.5, { atLeastMs: 5_000 })).toBe(6_000);
});

test("a breaker lets nobody ask a host that failed, then one", () => {
  const clock = manualClock();
  const states: string[] = [];
  const breaker = createBreaker({
    clock,
    settings: { failures: 2, openMs: 1_000 },
    onState: (state) => states.push(state),
  });
  const attempt = () => {
    const asked = breaker.ask();
    if ("waitMs" in asked) throw new Error(`Nobody may for ${asked.waitMs} ms.`);
    return asked.attempt;
  };
  attempt().failed();
  attempt().failed();
  expect(breaker.ask()).toEqual({ waitMs: 1_000 });
  clock.advance(1_000);
  const probe = attempt();
  expect(breaker.ask()).toHaveProperty("waitMs");
  probe.failed();
  expect(breaker.ask()).toEqual({ waitMs: 1_000 });
  clock.advance(1_000);
  attempt().succeeded();
  attempt().failed();
  expect(states).toEqual(["open", "half_open", "open", "half_open", "closed"]);
});
