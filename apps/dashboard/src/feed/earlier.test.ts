import { expect, test } from "vitest";
import { withEarlier } from "./earlier.ts";
import { emptySecond } from "./rates.ts";

const call = { duration_ms: 500, outcome: "success", cached: false } as const;

test("seconds before the page was opened are filled from the history", () => {
  const history = [
    { ...call, started_at: new Date(9_600).toISOString() },
    { ...call, started_at: new Date(9_700).toISOString(), outcome: "error" as const },
    { ...call, started_at: new Date(9_600).toISOString(), duration_ms: undefined },
  ];
  expect(withEarlier([emptySecond(9), emptySecond(10)], history)).toEqual([
    emptySecond(9),
    { at: 10, calls: 2, failures: 1, cached: 0, totalMs: 1_000, slowestMs: 500 },
  ]);
});

test("a second of which the feed told more stays as it was told", () => {
  const told = { ...emptySecond(10), calls: 2, totalMs: 30, slowestMs: 20 };
  const history = [{ ...call, started_at: new Date(9_600).toISOString() }];
  expect(withEarlier([told], history)).toEqual([told]);
});
