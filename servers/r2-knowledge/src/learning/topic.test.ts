import { expect, test } from "vitest";
import { confidenceOf } from "./confidence.ts";
import { addOutcome, EMPTY_TALLY } from "./tally.ts";
import { conflictsOf, gapsOf, type TopicItem } from "./topic.ts";

const NOW = Date.UTC(2026, 5, 1);

function item(id: string, facts: Partial<TopicItem>, [worked, failed] = [0, 0]): TopicItem {
  let tally = EMPTY_TALLY;
  for (let count = 0; count < worked; count += 1) tally = addOutcome(tally, true, NOW);
  for (let count = 0; count < failed; count += 1) tally = addOutcome(tally, false, NOW);
  const confidence = confidenceOf({ tally, writtenAt: NOW }, NOW);
  return {
    ...{ id, error: "Timeout: too slow", fingerprint: "f", fix: undefined, context: undefined },
    ...{ confidence, at: NOW },
    ...facts,
  };
}

test("two fixes that say something else for one error are a conflict, and the better one is named", () => {
  const items = [
    item("a", { fix: "Raise the pool size to 20 connections" }, [1, 0]),
    item("b", { fix: "Raise pool size to 20" }),
    item("c", { fix: "Add an index on booking(date)" }, [6, 0]),
    item("d", { fix: "Restart it", fingerprint: "other" }),
  ];
  expect(conflictsOf(items)).toEqual([
    {
      kind: "different_fixes",
      ids: ["a", "b", "c"],
      what: expect.stringContaining("c has the best"),
    },
  ]);
});

test("a fix that works for some and not for others is contested", () => {
  expect(conflictsOf([item("a", { fix: "x" }, [3, 2])])).toMatchObject([{ kind: "contested" }]);
  expect(
    conflictsOf([item("a", { fix: "x" }, [9, 1]), item("b", { fix: "y", fingerprint: "g" })]),
  ).toEqual([]);
});

test("gaps name what has no fix, was never tried, fails, or is old", () => {
  const items = [
    item("open", { fingerprint: "open" }),
    item("solved-elsewhere", { fingerprint: "solved" }),
    item("fixed", { fingerprint: "solved", fix: "y" }, [2, 0]),
    item("untried", { fingerprint: "u", fix: "y" }),
    item("failing", { fingerprint: "v", fix: "y" }, [0, 3]),
  ];
  expect(gapsOf(items, NOW).map(({ kind, ids }) => [kind, ids])).toEqual([
    ["no_fix", ["open"]],
    ["failing", ["failing"]],
    ["never_tried", ["untried"]],
  ]);
  const later = NOW + 800 * 86_400_000;
  const confidence = confidenceOf({ tally: EMPTY_TALLY, writtenAt: NOW }, later);
  expect(
    gapsOf([{ ...item("old", { fix: "y" }), confidence }], later).map(({ kind }) => kind),
  ).toContain("stale");
});
