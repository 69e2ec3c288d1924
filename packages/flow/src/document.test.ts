import { describe, expect, test } from "vitest";
import { toDocument } from "./document.ts";

const text = (...texts: string[]) => ({
  content: texts.map((each) => ({ type: "text", text: each })),
});

test("structured content comes before text", () => {
  expect(toDocument({ ...text('{"a":2}'), structuredContent: { a: 1 } })).toEqual({ a: 1 });
});

describe("text is parsed where it is JSON", () => {
  test.each([
    ['{"a":[1]}', { a: [1] }],
    [" [1, 2]\n", [1, 2]],
    ["42", 42],
    ["true", true],
    ["null", null],
    ['"quoted"', "quoted"],
    ["hello", "hello"],
    ["{not json", "{not json"],
    ["", ""],
  ])("%j", (each, document) => {
    expect(toDocument(text(each))).toEqual(document);
  });

  test.each(["1.50", "007", "1e3", "+1"])(
    "but %s would come out otherwise, and stays text",
    (each) => {
      expect(toDocument(text(each))).toBe(each);
    },
  );
});

test("digits beyond a double are kept", () => {
  expect(JSON.stringify(toDocument(text('{"id":9007199254740993}')))).toBe(
    '{"id":9007199254740993}',
  );
  expect(JSON.stringify(toDocument(text("12345678901234567890")))).toBe("12345678901234567890");
});

test("several texts are lines of one", () => {
  expect(toDocument(text("a", "b"))).toBe("a\nb");
});

test("a result without text is its own document", () => {
  const image = { content: [{ type: "image", data: "aGk=", mimeType: "image/png" }] };
  expect(toDocument(image)).toEqual(image);
});
