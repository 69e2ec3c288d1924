import { expect, test } from "vitest";
import { canonicalJson, digestOf } from "./canonical.ts";
import { parseJson } from "./json.ts";

test("equal values have equal text, whatever the order of their keys", () => {
  const one = parseJson('{"b":[1,{"y":null,"x":"é"}],"a":true}');
  const other = parseJson('{"a":true,"b":[1,{"x":"é","y":null}]}');
  expect(canonicalJson(one)).toBe('{"a":true,"b":[1,{"x":"é","y":null}]}');
  expect(digestOf(other)).toBe(digestOf(one));
});

test("numbers beyond a double differ by every digit", () => {
  expect(digestOf(parseJson("9007199254740993"))).not.toBe(digestOf(parseJson("9007199254740992")));
});

test("an object that only looks like a kept number is an object", () => {
  expect(canonicalJson({ rawJSON: "1", a: 2 })).toBe('{"a":2,"rawJSON":"1"}');
});

test("what is undefined is not there", () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  expect(canonicalJson(undefined)).toBe("null");
});
