import { expect, test } from "vitest";
import { stepsOf } from "./plan-tree.ts";

const PLAN = [
  {
    Plan: {
      "Node Type": "Hash Join",
      "Join Type": "Left",
      "Total Cost": 100,
      "Plan Rows": 10,
      "Hash Cond": "(a.id = b.id)",
      Plans: [
        { "Node Type": "Seq Scan", "Relation Name": "a", "Total Cost": 60, "Plan Rows": 500 },
        {
          "Node Type": "Index Scan",
          "Relation Name": "b",
          "Index Name": "b_pkey",
          "Total Cost": 15,
          "Plan Rows": 1,
          "Actual Rows": 2,
          "Actual Total Time": 0.5,
          "Actual Loops": 4,
        },
      ],
    },
  },
];

test("a plan becomes steps, each with what it costs itself", () => {
  expect(
    stepsOf(PLAN).map(({ id, depth, name, on, share }) => [id, depth, name, on, share]),
  ).toEqual([
    ["1", 0, "Left Hash Join", undefined, 0.25],
    ["1.1", 1, "Seq Scan", "a", 0.6],
    ["1.2", 1, "Index Scan", "b_pkey", 0.15],
  ]);
  expect(stepsOf(PLAN)[0]?.condition).toBe("(a.id = b.id)");
});

test("what was run has its real rows and the time of all its loops", () => {
  const [, , scan] = stepsOf(PLAN);
  expect(scan).toMatchObject({ rows: 1, actualRows: 2, ms: 2 });
});

test("what is no plan has no steps", () => {
  expect([stepsOf("text"), stepsOf([]), stepsOf(undefined)]).toEqual([[], [], []]);
});
