import { parseJson } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createRedactor } from "./redact.ts";

test("a copy without secrets keeps every digit", () => {
  const value = parseJson('{"z":9007199254740993,"a":{"x":1e400},"said":"key abcdef"}');
  const copy = createRedactor(["abcdef"])(value);
  expect(JSON.stringify(copy)).toBe(
    '{"z":9007199254740993,"a":{"x":1e400},"said":"key [redacted]"}',
  );
});
