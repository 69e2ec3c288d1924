import { expect, test } from "vitest";
import { suggestMerges } from "./suggest-merges.ts";

const base = {
  family: "1:f0",
  component: "Bash",
  command: "npm test",
  type: "TypeError",
  template: "t",
  class: "exception",
} as const;
const group = (name: string, message: string, changes: object = {}) => ({
  ...base,
  group: name,
  family: `1:${name}`,
  message,
  ...changes,
});

test("groups that say nearly the same are suggested, with the reasons", () => {
  const groups = [
    group("a", "cannot read property total of the cart"),
    group("b", "cannot read property tax of the cart"),
    group("c", "disk is full, nothing was written"),
  ];
  expect(suggestMerges(groups)).toEqual([
    {
      groups: ["a", "b"],
      similarity: 0.75,
      reasons: [
        "6 of 8 words in common",
        "both of Bash",
        "both from npm test",
        "both TypeError",
        "one template",
      ],
    },
  ]);
});

test("one family is suggested for its own sake", () => {
  const groups = [group("a", "x", { family: "1:f" }), group("b", "x", { family: "1:f" })];
  expect(suggestMerges(groups)[0]?.reasons).toContain("the same error, thrown in different places");
});

test.each([
  ["type", { type: "RangeError" }],
  ["class", { class: "timeout" }],
  ["component and command", { component: "cart", command: "make" }],
])("another %s is another error, however alike the words", (_, changes) => {
  const message = "cannot read property total of the cart";
  expect(suggestMerges([group("a", message), group("b", message, changes)])).toEqual([]);
});

test("few words in common are no reason", () => {
  expect(suggestMerges([group("a", "boom now"), group("b", "boom now")])).toEqual([]);
});

test("thousands of groups take no long time, and the most similar come first", () => {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const words = letters.flatMap((a) => letters.map((b) => `w${a}${b}`));
  const groups = Array.from({ length: 2_000 }, (_, at) =>
    group(
      `g${at}`,
      [0, 1, 2, 3, 4]
        .map((step) => words[(at * 7 + step * (1 + (at % 13))) % words.length])
        .join(" "),
    ),
  );
  const started = performance.now();
  const found = suggestMerges(groups, { most: 20 });
  expect(performance.now() - started).toBeLessThan(20_000);
  expect(found).toHaveLength(20);
  expect(found.map(({ similarity }) => similarity)).toEqual(
    found.map(({ similarity }) => similarity).toSorted((a, b) => b - a),
  );
});
