import { expect, test } from "vitest";
import { adjusted, binomialTail, fisherTail, liftOf } from "./statistics.ts";

test("Fisher's exact test: the lady tasting tea", () => {
  const tea = { first: 4, second: 4, all: 8 };
  expect(fisherTail({ both: 4, ...tea })).toBeCloseTo(1 / 70, 10);
  expect(fisherTail({ both: 3, ...tea })).toBeCloseTo(17 / 70, 10);
  expect(fisherTail({ both: 0, ...tea })).toBeCloseTo(1, 10);
});

test("Fisher's test where the two must overlap", () => {
  expect(fisherTail({ both: 2, first: 3, second: 3, all: 4 })).toBeCloseTo(1, 10);
});

test("the tail of coins", () => {
  expect(binomialTail(5, 5, 0.5)).toBeCloseTo(1 / 32, 10);
  expect(binomialTail(0, 5, 0.5)).toBe(1);
  expect(binomialTail(1, 5, 0)).toBe(0);
});

test("lift is how often against chance", () => {
  expect(liftOf({ both: 10, first: 10, second: 20, all: 200 })).toBe(10);
});

test("Benjamini and Hochberg, with tests that were not computed", () => {
  expect(adjusted([0.01, 0.04, 0.03, 0.005], 4)).toEqual([0.02, 0.04, 0.04, 0.02]);
  expect(adjusted([0.01], 10)).toEqual([0.1]);
  expect(adjusted([], 0)).toEqual([]);
});
