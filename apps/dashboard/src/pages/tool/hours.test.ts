import { expect, test } from "vitest";
import { everyHour } from "./hours.ts";

test("a day has every hour, and what is known of it", () => {
  const now = Date.parse("2026-01-02T10:20:00.000Z");
  const hours = everyHour([{ start: "2026-01-02T09:00:00.000Z", calls: 7, p50_ms: 3 }], now);
  expect(hours).toHaveLength(24);
  expect(hours.at(-1)).toMatchObject({
    at: Date.parse("2026-01-02T10:00:00.000Z") / 1_000,
    calls: 0,
  });
  expect(hours.at(-2)).toMatchObject({ calls: 7, p50_ms: 3 });
});
