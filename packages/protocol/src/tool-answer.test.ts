import { expect, test } from "vitest";
import { TRESTLE_META } from "./era.ts";
import { structuredAnswer } from "./tool-answer.ts";

const failed = (facts: object) => () =>
  structuredAnswer({
    ...{ isError: true, content: [{ type: "text", text: "It has version 3" }] },
    _meta: { [TRESTLE_META.error]: { ...facts } },
  });

test("an answer is what the tool structured, and a failure what it says of itself", () => {
  expect(structuredAnswer({ content: [], structuredContent: { seq: 1 } })).toEqual({ seq: 1 });
  expect(failed({ code: "conflict", retryable: true, details: { version: 3 } })).toThrow(
    expect.objectContaining({
      ...{ code: "conflict", message: "It has version 3", retryable: true },
      details: { version: 3 },
    }),
  );
});

test("a failure of no known code, and an answer without structure, are told as such", () => {
  const unavailable = expect.objectContaining({ code: "unavailable" });
  expect(failed({ code: "E42" })).toThrow(unavailable);
  expect(() => structuredAnswer({ isError: true })).toThrow(unavailable);
  expect(() => structuredAnswer({ content: [{ type: "text", text: "fine" }] })).toThrow(
    unavailable,
  );
});
