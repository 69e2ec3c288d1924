import { expect, test } from "vitest";
import { clip } from "./clip.ts";

test("a text is quoted as one line, whether its lines end or were written as ended", () => {
  expect(clip("one\n  two\r\nthree ")).toBe("one two three");
  expect(clip(String.raw`It failed:\n\n[CREDO]\r\nChecking it`)).toBe(
    "It failed: [CREDO] Checking it",
  );
  expect(clip(String.raw`No such file: C:\new\notes.md`)).toBe(
    String.raw`No such file: C:\new\notes.md`,
  );
});

test("a long one is cut, and no character by halves", () => {
  expect(clip("x".repeat(9), 5)).toBe("xxxx…");
  expect(clip("xxx😀😀", 5)).toBe("xxx…");
});
