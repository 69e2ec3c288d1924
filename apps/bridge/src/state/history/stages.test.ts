import { expect, test } from "vitest";
import { packStages, unpackStages } from "./stages.ts";

test("what was decided comes back, common or not, with its times in microseconds", () => {
  const stages = [
    { policy: "authorize", decision: "allowed", ms: 0, at: 0.012 },
    { policy: "retry", decision: 'again after "x"\n', ms: 1_000.5, at: 3 },
    { policy: "a new one", decision: "answered", ms: 0.001 },
    { policy: "upstream", decision: "answered", ms: 2.25, at: 1_003.1 },
  ];
  expect(unpackStages(packStages(stages))).toEqual(stages);
  expect(unpackStages(packStages([]))).toEqual([]);
});

test("rows of earlier bridges, all in words, are read as well", () => {
  const old = JSON.stringify(["limit", "within", 0, 12, "retry", "answered", 5, null]);
  expect(unpackStages(old)).toEqual([
    { policy: "limit", decision: "within", ms: 0, at: 0.012 },
    { policy: "retry", decision: "answered", ms: 0.005 },
  ]);
});
