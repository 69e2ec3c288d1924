import { expect, test } from "vitest";
import { changesBetween } from "./changes.ts";

const row = { server: "one", tool: "read", calls: 100, successes: 100, p95_ms: 100 };

test("a day like the day before has no changes", () => {
  expect(changesBetween([row], [{ ...row, p95_ms: 120, successes: 98 }])).toEqual([]);
});

test("what fails more often comes before what is slower, and that before what is new", () => {
  const today = [
    { ...row, tool: "new" },
    { ...row, tool: "slow", p95_ms: 400 },
    { ...row, successes: 50 },
  ];
  const found = changesBetween([row, { ...row, tool: "slow" }], today);
  expect(found.map(({ about, tone }) => [about, tone])).toEqual([
    ["one.read", "bad"],
    ["one.slow", "warn"],
    ["one.new", "info"],
  ]);
  expect(found[0]?.text).toBe("0 % of its calls failed, and now 50 %");
});

test("a few calls are chance", () => {
  expect(changesBetween([row], [{ ...row, calls: 4, successes: 0, p95_ms: 9_000 }])).toEqual([]);
});

test("what got better is told, too", () => {
  const [change] = changesBetween([{ ...row, successes: 50 }], [row]);
  expect(change?.tone).toBe("ok");
});
