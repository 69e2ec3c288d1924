import { expect, test } from "vitest";
import { figuresOf, titleOf } from "./alert-words.ts";

test("figures of alerts have the units of what they measure", () => {
  const figures = [
    { when: "response_time", value: 13_959.97, above: 5_000 },
    { when: "error_rate", value: 0.991, above: 0.05 },
    { when: "pin_change", value: 1, above: 0 },
    { when: "budget", value: 1.5, above: 1 },
  ] as const;
  expect(figures.map(figuresOf)).toEqual([
    "14.0 s, allowed 5.0 s",
    "99.1 %, allowed 5.0 %",
    "1, allowed 0",
    "1.50, allowed 1",
  ]);
});

test("a rule that an operator named keeps its name", () => {
  expect(titleOf({ rule: "pin_change", when: "pin_change" })).toBe("Changed definitions");
  expect(titleOf({ rule: "payments are slow", when: "response_time" })).toBe("payments are slow");
});
