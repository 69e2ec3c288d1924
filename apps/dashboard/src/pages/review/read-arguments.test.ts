import { expect, test } from "vitest";
import { readArguments } from "./read-arguments.ts";

test("arguments are an object, and anything else is said", () => {
  expect(readArguments('{"amount": 5}')).toEqual({ value: { amount: 5 } });
  expect(readArguments("[1]")).toEqual({ problem: "Arguments are an object: { … }." });
  expect(readArguments("null")).toEqual({ problem: "Arguments are an object: { … }." });
  expect(readArguments("{")).toMatchObject({
    problem: expect.stringMatching(/^This is no JSON: /),
  });
});
