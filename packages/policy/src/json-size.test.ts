import type { JsonValue } from "@trestle/protocol";
import { expect, test } from "vitest";
import { jsonSize } from "./json-size.ts";

test.each<JsonValue>([
  null,
  true,
  false,
  7,
  -12.5,
  "text",
  [],
  {},
  [1, "a", null],
  { a: 1, b: { c: [true, {}] }, d: "x" },
  { content: [{ type: "text", text: "y".repeat(100_000) }], isError: false },
])("is exact for values without escapes, %#", (value) => {
  expect(jsonSize(value)).toBe(JSON.stringify(value).length);
});

test("is not told of what would take long to measure", () => {
  expect(jsonSize(Array.from({ length: 199 }, () => 1))).toBe(399);
  expect(jsonSize(Array.from({ length: 200 }, () => 1))).toBeUndefined();
});

test("counts nothing where there is nothing", () => {
  expect(jsonSize(undefined)).toBe(0);
  expect(jsonSize({ a: undefined })).toBe(2);
});
