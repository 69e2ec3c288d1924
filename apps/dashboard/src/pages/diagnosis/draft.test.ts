import { expect, test } from "vitest";
import type { Diagnosis } from "../knowledge/shapes.ts";
import {
  changesOf,
  type Draft,
  draftOf,
  type Field,
  follow,
  patchOf,
  writtenFields,
} from "./draft.ts";

const MET: Diagnosis = {
  id: "d1",
  timestamp: "2026-01-01T00:00:00.000Z",
  error: { name: "TypeError", message: "x" },
  fix: "Guard x",
  severity: "high",
};

function written(draft: Draft, field: Field, value: string): Draft {
  return { ...draft, written: { ...draft.written, [field]: value } };
}

test("only what was written is sent, and what was emptied is taken away", () => {
  const draft = written(written(draftOf(MET, 1), "fix", ""), "context", "api");
  expect(changesOf(draft)).toEqual({ fix: null, context: "api" });
  expect(changesOf(draftOf(MET, 1))).toEqual({});
});

test("what others write is taken in where nobody writes here", () => {
  const mine = written(draftOf(MET, 1), "fix", "Load x");
  const { draft, clashes } = follow(mine, { ...MET, context: "shop" }, 2);
  expect(draft.version).toBe(2);
  expect(draft.written).toMatchObject({ fix: "Load x", context: "shop" });
  expect(writtenFields(draft)).toEqual(["fix"]);
  expect(clashes).toEqual({});
});

test("where both write, both are kept to choose from; the same words are no clash", () => {
  const mine = written(draftOf(MET, 1), "fix", "Load x");
  expect(follow(mine, { ...MET, fix: "Theirs" }, 2)).toMatchObject({
    draft: { written: { fix: "Load x" }, seen: { fix: "Theirs" } },
    clashes: { fix: "Theirs" },
  });
  const agreed = follow(mine, { ...MET, fix: "Load x" }, 2);
  expect(agreed.clashes).toEqual({});
  expect(writtenFields(agreed.draft)).toEqual([]);
});

test("the tool that replaces takes parts of the error together", () => {
  expect(patchOf({ "error.name": "E", "error.message": "m", fix: null })).toEqual({
    fix: null,
    error: { name: "E", message: "m" },
  });
  expect(patchOf({ fix: "x" })).toEqual({ fix: "x" });
});
