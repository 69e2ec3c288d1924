import { expect, test } from "vitest";
import type { HistoryRow } from "../../api/generated.ts";
import { barsOf, lengthOf } from "./waterfall.ts";

const stage = (policy: string, ms: number, at?: number) => ({
  policy,
  decision: "done",
  ms,
  ...(at === undefined ? {} : { at }),
});

test("a policy's bar ends when it decided, and those around another come first", () => {
  const bars = barsOf(
    [stage("limit", 0, 1), stage("upstream", 40, 45), stage("timeout", 43, 46)],
    [],
    0,
  );
  expect(bars.map(({ name, from, to }) => [name, from, to])).toEqual([
    ["limit", 1, 1],
    ["timeout", 3, 46],
    ["upstream", 5, 45],
  ]);
});

test("without a time each follows the one before", () => {
  const bars = barsOf([stage("limit", 2), stage("upstream", 10)], [], 0);
  expect(bars.map(({ from, to }) => [from, to])).toEqual([
    [0, 2],
    [2, 12],
  ]);
});

test("calls that it caused stand where they began", () => {
  const child = {
    execution_id: "c",
    server: "one",
    tool: "read",
    outcome: "success",
    started_at: "2026-01-01T00:00:00.030Z",
    duration_ms: 20,
  };
  const [bar] = barsOf([], [child as HistoryRow], Date.parse("2026-01-01T00:00:00.000Z"));
  expect(bar).toMatchObject({ name: "one.read", from: 30, to: 50, execution: "c" });
  expect(lengthOf([bar as never], 45)).toBe(50);
});
