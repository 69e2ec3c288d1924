import { expect, test } from "vitest";
import { createRandom, seedOf } from "../../../test/_random.ts";
import {
  addDuration,
  addDurations,
  newDurations,
  packDurations,
  quantile,
  RELATIVE_ERROR,
  unpackInto,
} from "./durations.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 200);

/** Durations as they come: most are short, some take long, some are all alike. */
function randomDurations(random: () => number): number[] {
  const count = 1 + Math.floor(random() * 2_000);
  const kind = random();
  const alike = 10 ** (random() * 8 - 3);
  return Array.from({ length: count }, () => {
    if (kind < 0.2) return alike;
    if (kind < 0.6)
      return Math.max(0.001, 5 * Math.exp(4 * (random() + random() + random() - 1.5)));
    return 10 ** (random() * 9 - 3);
  });
}

function exactQuantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
}

test("quantiles are right to 2 %, also of what was packed and added up from parts", () => {
  const seed = seedOf(process.env);
  const random = createRandom(seed);
  for (let round = 0; round < ROUNDS; round += 1) {
    const all = randomDurations(random);
    const whole = newDurations();
    const parts = [newDurations(), newDurations(), newDurations()];
    for (const [index, ms] of all.entries()) {
      addDuration(whole, ms);
      addDuration(parts[index % 3] ?? whole, ms);
    }
    const [first = whole, second = whole, third = whole] = parts;
    const merged = newDurations();
    addDurations(merged, first);
    unpackInto(merged, packDurations(second));
    unpackInto(merged, packDurations(third));
    expect(merged, `SEED=${seed} round ${round}`).toEqual(whole);
    const sorted = all.toSorted((a, b) => a - b);
    for (const share of [0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
      const exact = exactQuantile(sorted, share);
      const error = Math.abs(quantile(merged, all.length, share) - exact) / exact;
      const place = `SEED=${seed} round ${round}: ${share} of ${all.length}`;
      expect(error, place).toBeLessThanOrEqual(RELATIVE_ERROR * 1.000_001);
    }
  }
});

test("durations beyond what is told apart count at its ends", () => {
  const durations = newDurations();
  for (const ms of [0, -1, Number.NaN, 0.000_1]) addDuration(durations, ms);
  expect(quantile(durations, 4, 1)).toBe(0.001);
  addDuration(durations, 1e12);
  expect(quantile(durations, 5, 1)).toBeGreaterThan(86_400_000);
});

test("counts beyond what a byte holds are packed whole", () => {
  const durations = newDurations();
  durations[0] = 1;
  durations[5] = 127;
  durations[300] = 128;
  durations[639] = 4_294_967_295;
  const again = newDurations();
  unpackInto(again, packDurations(durations));
  expect(again).toEqual(durations);
  expect(packDurations(newDurations())).toHaveLength(0);
});
