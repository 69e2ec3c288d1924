import { describe, expect, test } from "vitest";
import type { ToolOutcome } from "./experts.ts";
import { createCouncil, forecastOf } from "./forecast.ts";

/** Mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The true probability of a failure, call by call. */
type World = (random: () => number) => (at: number) => number;

const constant =
  (rate: number): World =>
  () =>
  () =>
    rate;

/** Good times and bad times, which last. */
const outages: World = (random) => {
  let isBad = false;
  return () => {
    if (random() < (isBad ? 0.05 : 0.01)) isBad = !isBad;
    return isBad ? 0.8 : 0.02;
  };
};

/** The log of the odds goes for a walk. */
const drifting: World = (random) => {
  let odds = -1;
  return () => {
    const step = (random() + random() + random() - 1.5) * 0.25;
    odds = (odds + step) * 0.995;
    return 1 / (1 + Math.exp(-odds));
  };
};

/** Every night there is a backup. */
const nightly: World = () => (at) => (Math.floor(at / 3_600_000) % 24 < 4 ? 0.7 : 0.01);

interface Lived {
  readonly outcomes: readonly ToolOutcome[];
  /** What was true of each. */
  readonly truths: readonly number[];
}

function live(world: World, count: number, seed: number, everyMs = 60_000): Lived {
  const random = createRandom(seed);
  const truth = world(random);
  const outcomes: ToolOutcome[] = [];
  const truths: number[] = [];
  let at = 1_700_000_000_000;
  for (let index = 0; index < count; index += 1) {
    at += -Math.log(random() + 1e-9) * everyMs;
    const probability = truth(at);
    truths.push(probability);
    outcomes.push({ at, failed: random() < probability, durationMs: 50 + random() * 100 });
  }
  return { outcomes, truths };
}

function shownShare(world: World, count: number, rounds: number, everyMs?: number): number {
  let shown = 0;
  for (let seed = 1; seed <= rounds; seed += 1) {
    const { outcomes } = live(world, count, seed, everyMs);
    if (forecastOf(outcomes, (outcomes.at(-1)?.at ?? 0) + 1_000).shown) shown += 1;
  }
  return shown / rounds;
}

describe("a forecast", () => {
  test("is hidden while fewer than 200 outcomes are known", () => {
    const { outcomes } = live(outages, 199, 3);
    expect(forecastOf(outcomes, 0)).toEqual({
      shown: false,
      outcomes: 199,
      reason: "199 of 200 outcomes",
    });
  });

  test.each([0, 0.01, 0.05, 0.2, 0.5, 1])(
    "is hidden where failures come by chance alone, at a rate of %d",
    (rate) => {
      expect(shownShare(constant(rate), 400, 100)).toBeLessThanOrEqual(0.03);
    },
  );

  test.each([
    ["outages", outages, 60_000],
    ["a rate that drifts", drifting, 60_000],
    ["hours of the day", nightly, 900_000],
  ])("is shown where %s tell of failures", (_what, world, everyMs) => {
    expect(shownShare(world, 2_500, 20, everyMs)).toBeGreaterThanOrEqual(0.9);
  });

  test("follows what happens, and says what it rests on", () => {
    const { outcomes } = live(outages, 1_000, 8);
    const last = outcomes.at(-1)?.at ?? 0;
    const more = (failed: boolean): ToolOutcome[] =>
      Array.from({ length: 15 }, (_, index) => ({
        ...{ at: last + (index + 1) * 1_000, failed, durationMs: 50 },
      }));
    const [good, bad] = [false, true].map((failed) =>
      forecastOf([...outcomes, ...more(failed)], last + 20_000),
    );
    if (!good?.shown || !bad?.shown) throw new Error("Both are shown.");
    expect(good.probability).toBeLessThan(good.baseRate);
    expect(bad.probability).toBeGreaterThan(0.6);
    expect(bad.because).toMatch(/last/);
    expect(bad.skill).toBeGreaterThan(0);
    expect(bad.outcomes).toBe(1_015);
  });
});

test.each([
  ["drifting", drifting],
  ["going through outages", outages],
  ["constant", constant(0.2)],
])("what is guessed of a rate that is %s is what comes true", (_what, world) => {
  const bins = Array.from({ length: 5 }, () => ({ count: 0, guessed: 0, true: 0 }));
  for (let seed = 1; seed <= 20; seed += 1) {
    const { outcomes, truths } = live(world, 1_500, seed * 31);
    const council = createCouncil();
    for (const [index, outcome] of outcomes.entries()) {
      const guess = council.guess(outcome.at);
      const bin = bins[Math.min(4, Math.floor(guess * 5))];
      if (index >= 300 && bin) {
        bin.count += 1;
        bin.guessed += guess;
        bin.true += truths[index] ?? 0;
      }
      council.learn(outcome);
    }
  }
  const all = bins.reduce((sum, { count }) => sum + count, 0);
  const error = bins.reduce((sum, bin) => sum + Math.abs(bin.guessed - bin.true), 0) / all;
  expect(error).toBeLessThan(0.04);
});
