import { expect, test } from "vitest";
import type { CostedCall } from "../../state/learned/learned.ts";
import { costsOfRuns } from "./runs.ts";

let seen = 0;
function callOf(changes: Partial<CostedCall>): CostedCall {
  seen += 1;
  const usual = { executionId: `e${seen}`, server: "search", principal: "ann", cost: 1 };
  return { ...usual, startedAt: seen, ...changes };
}

test("a run costs what its steps cost, and what those called in turn, in each unit", () => {
  const step = callOf({ executionId: "s", run: "daily", cost: 0 });
  const calls = [
    step,
    callOf({ parentExecutionId: "s", executionId: "inner", cost: 2 }),
    callOf({ parentExecutionId: "inner", cost: 3, server: "model" }),
    callOf({ run: "daily", cost: 0.5 }),
    callOf({ run: "weekly", cost: 9, principal: "bob" }),
    callOf({ run: "free", cost: 0 }),
    callOf({ cost: 100 }),
    callOf({ parentExecutionId: "gone", cost: 100 }),
  ];
  const found = costsOfRuns(calls, (server) => (server === "model" ? "EUR" : "USD"));
  expect(found).toEqual([
    { run: "weekly", principal: "bob", startedAt: 5, calls: 1, costs: { USD: 9 } },
    { run: "daily", principal: "ann", startedAt: 1, calls: 4, costs: { USD: 2.5, EUR: 3 } },
    { run: "free", principal: "ann", startedAt: 6, calls: 1, costs: {} },
  ]);
});

test("calls that are said to be inside of each other end somewhere", () => {
  const one = callOf({ executionId: "one", parentExecutionId: "two" });
  const two = callOf({ executionId: "two", parentExecutionId: "one" });
  expect(costsOfRuns([one, two], () => "USD")).toEqual([]);
});
