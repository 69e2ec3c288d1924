import { expect, test } from "vitest";
import { typedText } from "./typed-text.ts";

test.each([
  ["12", { type: "integer" }, 12],
  ["12", { type: "string" }, "12"],
  ["1.50", { type: "number" }, 1.5],
  ["twelve", { type: "integer" }, "twelve"],
  ["007", { type: "integer" }, "007"],
  ["true", { type: "boolean" }, true],
  ["true", { type: "string" }, "true"],
  ["1,2", { type: "array", items: { type: "integer" } }, [1, 2]],
  ["", { type: "array" }, []],
  ["[1,2]", { type: "array" }, [1, 2]],
  ['{"a":1}', { type: "object" }, { a: 1 }],
  ["{a", { type: "object" }, "{a"],
  ["2020-01-01", { anyOf: [{ type: "number" }, { type: "string" }] }, "2020-01-01"],
  ["5", { anyOf: [{ type: "number" }, { type: "string" }] }, 5],
  ["5", { enum: ["5", "6"] }, "5"],
  ["null", { type: ["string", "null"] }, null],
  ["a,b", {}, "a,b"],
  ["5", undefined, 5],
  ["x", undefined, "x"],
])("%s is read as %o says", (text, schema, value) => {
  expect(typedText(text, schema)).toEqual(value);
});

test("a number that no double holds keeps its digits", () => {
  expect(JSON.stringify(typedText("12345678901234567890"))).toBe("12345678901234567890");
});
