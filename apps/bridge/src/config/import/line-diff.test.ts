import { expect, test } from "vitest";
import { lineDiff } from "./line-diff.ts";

test("lines that go and come stand between a few that stay", () => {
  const before = ["1", "2", "3", "4", "5", "6", "7", "8", "9", ""].join("\n");
  const after = ["1", "2", "3", "4", "five", "6", "7", "8", "9", "10", ""].join("\n");
  expect(lineDiff(before, after)).toEqual([
    ...["  3", "  4", "- 5", "+ five", "  6", "  7"],
    ...["  8", "  9", "+ 10"],
  ]);
});

test("what is left out between two places is marked", () => {
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  const after = ["new", ...lines, "end"].join("\n");
  expect(lineDiff(lines.join("\n"), after)).toEqual([
    ...["+ new", "  line 0", "  line 1", "  ⋮", "  line 18", "  line 19", "+ end"],
  ]);
});

test("a new file only comes, and equal texts do not differ, however their lines end", () => {
  expect(lineDiff("", "a\nb\n")).toEqual(["+ a", "+ b"]);
  expect(lineDiff("a\r\nb\r\n", "a\nb\n")).toEqual([]);
});

test("texts that have nothing in common are shown one after the other, however long", () => {
  const numbers = (from: number): string =>
    Array.from({ length: 2_000 }, (_, index) => String(from + index)).join("\n");
  const lines = lineDiff(numbers(0), numbers(10_000));
  expect(lines).toHaveLength(4_000);
  expect([lines[0], lines.at(-1)]).toEqual(["- 0", "+ 11999"]);
});
