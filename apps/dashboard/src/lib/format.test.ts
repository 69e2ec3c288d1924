import { expect, test } from "vitest";
import { ago, bytes, cost, count, duration, percent, rate, span } from "./format.ts";

test("what is not all is never shown as all", () => {
  expect([percent(1), percent(0.9999), percent(0.5), percent(0)]).toEqual([
    "100 %",
    "99.9 %",
    "50 %",
    "0.0 %",
  ]);
});

test("times have as many digits as mean something", () => {
  const shown = [0, 0.421, 4.21, 42.1, 421, 4_210, 125_000].map(duration);
  expect(shown).toEqual(["0 ms", "0.42 ms", "4.2 ms", "42 ms", "421 ms", "4.2 s", "2 min 5 s"]);
  expect([span(0), span(3_600), span(90_061)]).toEqual(["0 s", "1 h", "1 d 1 h"]);
});

test("numbers, sizes and costs", () => {
  expect([count(1_234), count(1_234_567), rate(0), rate(4.21), rate(421)]).toEqual([
    "1,234",
    "1.2M",
    "0",
    "4.2",
    "421",
  ]);
  expect([bytes(10), bytes(2_048), bytes(3 * 1_024 ** 2)]).toEqual(["10 B", "2.0 KiB", "3.0 MiB"]);
  expect([cost(0), cost(0.0012), cost(1.5)]).toEqual(["0", "0.0012", "1.50"]);
});

test("how long ago, in one unit", () => {
  const now = 1_000_000_000;
  const shown = [1_000, 5_000, 300_000, 7_200_000, 200_000_000].map((ms) => ago(now - ms, now));
  expect(shown).toEqual(["just now", "5 s ago", "5 min ago", "2 h ago", "2 d ago"]);
});
