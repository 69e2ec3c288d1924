import { expect, test } from "vitest";
import { wordsOf } from "./policy-words.ts";

test("settings are said in sentences", () => {
  expect(wordsOf("timeout", { attemptMs: 30_000, maxMs: 120_000 })).toBe(
    "An attempt that is silent for 30.0 s is ended; with progress it may take 2 min.",
  );
  expect(wordsOf("limit", { tool: { calls: 10, windowMs: 60_000 } })).toBe(
    "10 calls in 1 min for the tool",
  );
  expect(wordsOf("fallback", { steps: ["last_good", "review"] })).toBe(
    "Where it fails: last good, then review.",
  );
});

test("a policy that is not known yet is shown as it is", () => {
  expect(wordsOf("new", { a: 1 })).toBe('{"a":1}');
});
