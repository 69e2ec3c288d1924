import { expect, test } from "vitest";
import { isWithin, timesOf } from "./when.ts";

const NOW = Date.parse("2026-03-01T12:00:00.000Z");

test("a span ends now, whenever that is", () => {
  expect(timesOf({ span: "1h" }, NOW)).toEqual({ from: NOW - 3_600_000 });
  expect(timesOf({ span: "7d" }, NOW)).toEqual({ from: NOW - 7 * 86_400_000 });
});

test("two times are those of the browser's zone, the last minute whole", () => {
  const from = "2026-03-01T10:00";
  const to = "2026-03-01T10:05";
  expect(timesOf({ span: "between", from, to }, NOW)).toEqual({
    from: new Date(from).getTime(),
    to: new Date("2026-03-01T10:05:59.999").getTime(),
  });
});

test("what is not chosen, not known or no time limits nothing", () => {
  for (const when of [{}, { span: "aeon" }, { span: "between", from: "yesterday", to: "" }])
    expect(timesOf(when, NOW)).toEqual({});
  expect(timesOf({ from: "2026-03-01T10:00" }, NOW), "times that are not shown").toEqual({});
});

test("a call that ends is shown only if it began then", () => {
  const at = (milliseconds: number): string => new Date(milliseconds).toISOString();
  expect(isWithin(at(NOW - 1_000), { span: "15m" }, NOW)).toBe(true);
  expect(isWithin(at(NOW - 901_000), { span: "15m" }, NOW)).toBe(false);
  const when = { span: "between", to: "2026-03-01T10:05" };
  const last = new Date("2026-03-01T10:05:59.999").getTime();
  expect([isWithin(at(last), when, NOW), isWithin(at(last + 1), when, NOW)]).toEqual([true, false]);
});
