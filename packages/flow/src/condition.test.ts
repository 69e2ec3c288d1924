import { describe, expect, test } from "vitest";
import { parseCondition } from "./condition.ts";
import { evaluate } from "./evaluate.ts";
import { DEFAULT_ROOTS } from "./references.ts";
import type { Scope } from "./resolve.ts";

const names = { inputs: ["city", "limit"], stepIds: ["a", "b"], roots: DEFAULT_ROOTS };
const raw = (text: string) => (JSON as unknown as { rawJSON(text: string): never }).rawJSON(text);
const scope: Scope = {
  roots: DEFAULT_ROOTS,
  values: { input: { city: "Berlin", limit: 10 }, metadata: {} },
  result: (id) =>
    id === "a"
      ? {
          kind: "value",
          value: {
            n: 3,
            ok: true,
            no: false,
            nil: null,
            list: [1, 2],
            big: raw("9007199254740993"),
          },
        }
      : { kind: "missing", why: "it was skipped" },
  lastResult: () => ({ kind: "value", value: "x" }),
};
const isTrue = (source: string) => evaluate(parseCondition(source, names), scope);

describe("conditions that hold", () => {
  test.each([
    "true",
    "not false",
    "!false && !!true",
    "$step_1.n == 3",
    "3 == 3.0",
    "$step_1.n >= 3 and $step_1.n < $limit",
    "$step_1.n>2&&$step_1.n<=3",
    "$city == 'Berlin'",
    '$city != "Ber\\"lin"',
    "$city < 'C'",
    "$last_result == 'x'",
    "$step_1.ok",
    "not $step_1.no",
    "$step_1.nil == null",
    "exists($step_1.nil)",
    "exists $step_1.n",
    "not exists(${results.b})",
    "not exists(${results.a.missing.deep})",
    "exists(${results.b.x}) and ${results.b.x} > 1 or true",
    "true or ${results.b.x} == 1",
    "false and true or true",
    "not (true and (false or false))",
    "not false and true",
    "$step_1.list.length == 2",
    "$step_1.list != null",
    "${input.limit} == 1e1",
    "-1 < 0",
    "$step_1.big > 9007199254740992",
    "$step_1.big == 9007199254740993",
    "$step_1.big < 1e21",
    "$city >= 'Berlin' and $city <= 'Berlin' and 2 >= 1",
    "(1 == 1) == true",
    "'a\\tb\\nc' == 'a\tb\nc'",
  ])("%s", (source) => {
    expect(isTrue(source)).toBe(true);
  });
});

describe("conditions that do not hold", () => {
  test.each([
    "false",
    "$step_1.n == '3'",
    "$step_1.nil == false",
    "$step_1.big == 9007199254740992",
    "true and false or false",
    "not true or false",
    "exists(${results.b})",
  ])("%s", (source) => {
    expect(isTrue(source)).toBe(false);
  });
});

describe("a fault points at its place", () => {
  test.each([
    ["", 1, /Expected a reference/],
    ["$step_1.n = 3", 11, /written ==/],
    ["$step_1.n == ", 14, /Expected a reference/],
    ["true and", 9, /Expected a reference/],
    ["(true", 6, /Expected \)/],
    ["true false", 6, /Expected and, or/],
    ["1 < 2 < 3", 7, /do not chain/],
    ["$unknown > 1", 1, /begins no reference.*\$city/],
    ["$city == 'open", 10, /never closed/],
    ["exists('x')", 8, /one reference/],
    ["contains($city)", 1, /Expected a reference/],
    ["process.exit()", 8, /Unexpected "\."/],
    ["$city == `x`", 10, /Unexpected/],
    ["1 == 2;", 7, /Unexpected/],
  ])("%s", (source, character, problem) => {
    expect(() => parseCondition(source, names)).toThrow(problem);
    expect(() => parseCondition(source, names)).toThrow(`at character ${character}:`);
  });
});

test("nothing is guessed from what is neither true nor false", () => {
  expect(() => isTrue("$city")).toThrow(/\$city is text, not true or false/);
  expect(() => isTrue("not $step_1.list")).toThrow(/a list/);
  expect(() => isTrue("$city > 3")).toThrow(/compares two numbers or two texts/);
  expect(() => isTrue("$step_1.nil > 3")).toThrow(/not null and a number/);
  expect(() => isTrue("$step_1.ok > 3")).toThrow(/not true or false and a number/);
  expect(() => isTrue("${results.a} > $step_1.list")).toThrow(/not an object and a list/);
  expect(() => isTrue("7")).toThrow(/7 is a number, not true or false/);
  expect(() => isTrue("exists($city")).toThrow(/Expected \)/);
});

test("a reference without a value is an error outside exists", () => {
  expect(() => isTrue("${results.b.x} == 1")).toThrow(/\$\{results\.b\.x\} has no value/);
});

test("endless conditions are refused, not recursed into", () => {
  expect(() => parseCondition("(".repeat(2_000), names)).toThrow(/levels of nesting/);
  expect(() => parseCondition(`true${" and true".repeat(1_000)}`, names)).toThrow(/at most 4000/);
  expect(isTrue(`${"!".repeat(3_000)}true`)).toBe(true);
});
