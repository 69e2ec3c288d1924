import { describe, expect, test } from "vitest";
import { MAX_JSON_DEPTH, parseJson, toPlainNumbers } from "./json.ts";

const roundTrip = (text: string) => JSON.stringify(parseJson(text));

describe("parseJson", () => {
  test.each([
    '{"n":9007199254740993}',
    "[-9007199254740993,1]",
    '{"n":123456789012345678901234567890}',
    '{"deep":{"list":[1,2,9223372036854775807]}}',
    '{"n":1e400}',
    '{"n":0.1000000000000000055511151231257827}',
    "9007199254740993",
    '{"a":-0}',
    '{"n":1e-400}',
    '{"n":1.00000000000000000001}',
    '{"s":"1234567890123456789"}',
    '{"a": 9007199254740993 , "b":[ 9007199254740995 ]}',
  ])("%s keeps every digit", (text) => {
    expect(roundTrip(text)).toBe(text.replaceAll(/\s/g, ""));
  });

  test("keeps the order of keys and an own __proto__ key", () => {
    const text = '{"z":1,"a":2,"__proto__":{"x":1},"m":12345678901234567890}';
    expect(roundTrip(text)).toBe(text);
    expect(Object.getPrototypeOf(parseJson(text))).toBe(Object.prototype);
  });

  test("leaves numbers that a double holds as numbers", () => {
    expect(parseJson('{"a":1.50e3,"b":0.1,"c":100000000000000000000}')).toEqual({
      a: 1500,
      b: 0.1,
      c: 1e20,
    });
  });

  test("refuses what is nested so deeply that it could not be written back", () => {
    const nested = (levels: number, inner = "1"): string =>
      `${'{"a":['.repeat(levels / 2)}${inner}${"]}".repeat(levels / 2)}`;
    expect(() => parseJson(nested(MAX_JSON_DEPTH + 2))).toThrow(/deeper than 1000 levels/);
    expect(() => parseJson(nested(200_000))).toThrow(SyntaxError);
    expect(() => parseJson("[".repeat(200_000))).toThrow(SyntaxError);
    expect(roundTrip(nested(MAX_JSON_DEPTH))).toBe(nested(MAX_JSON_DEPTH));
    const brackets = JSON.stringify(`\\"${"[{".repeat(5_000)}`);
    expect(roundTrip(nested(MAX_JSON_DEPTH, brackets)), "those of a text do not count").toBe(
      nested(MAX_JSON_DEPTH, brackets),
    );
    const wide = `[${Array.from({ length: 5_000 }, () => "{}").join(",")}]`;
    expect(roundTrip(wide), "those beside one another neither").toBe(wide);
  });

  test("reports bad JSON as JSON.parse does", () => {
    expect(() => parseJson('{"a":12345678901234567890')).toThrow(SyntaxError);
  });
});

test("toPlainNumbers gives the nearest doubles and shares what it need not change", () => {
  const value = parseJson('{"big":[9007199254740993],"same":{"a":1}}');
  const plain = toPlainNumbers(value) as { big: number[]; same: object };
  expect(plain.big).toEqual([9007199254740992]);
  expect(plain.same).toBe((value as { same: object }).same);
  expect(toPlainNumbers(plain as never)).toBe(plain);
});
