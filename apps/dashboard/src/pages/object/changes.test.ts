import { expect, test } from "vitest";
import { readArgs } from "../objects/read-args.ts";
import { addChanges, changeIn, wordsOf } from "./changes.ts";

const change = (seq: number, more = {}) => ({ seq, at: seq * 1_000, kind: "called", ...more });

test("each change is shown once, the last first, and as it was read where it was", () => {
  const shown = addChanges(
    [change(1), change(2, { method: "increment" })],
    [change(2), change(3)],
    50,
  );
  expect(shown.map(({ seq }) => seq)).toEqual([3, 2, 1]);
  expect(shown[1]?.method).toBe("increment");
  expect(addChanges([change(1), change(2)], [change(3)], 2).map(({ seq }) => seq)).toEqual([3, 2]);
});

test("what tells that changes were missed is no change", () => {
  expect(changeIn(change(4))).toEqual(change(4));
  expect(changeIn({ kind: "lost" })).toBeUndefined();
  expect(changeIn({ ...change(4), kind: "lost" })).toBeUndefined();
});

test("arguments are an object of JSON, or nothing", () => {
  expect(readArgs(" ")).toEqual({});
  expect(readArgs('{"by": 2}')).toEqual({ args: { by: 2 } });
  expect(readArgs("[1]").problem).toContain("object");
  expect(readArgs("{").problem).toContain("no JSON");
});

test("what a change told is said in names and values", () => {
  expect(wordsOf({ version: 4, kind: "patch", path: ["body"] })).toBe(
    'version 4, kind patch, path ["body"]',
  );
  expect(wordsOf(7)).toBe("7");
});
