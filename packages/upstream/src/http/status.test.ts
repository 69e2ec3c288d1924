import { expect, test } from "vitest";
import { parseRetryAfter } from "./status.ts";

test.each([
  ["7", 7_000],
  ["Thu, 01 Jan 1970 00:01:00 GMT", 50_000],
  ["Thu, 01 Jan 1970 00:00:01 GMT", 0],
  ["soon", undefined],
  [undefined, undefined],
])("Retry-After %j is %j ms at ten seconds past the epoch", (header, expected) => {
  expect(parseRetryAfter(header, 10_000)).toBe(expected);
});
