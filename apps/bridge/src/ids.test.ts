import { expect, test } from "vitest";
import { createIds } from "./ids.ts";

test("ids are UUIDs of version 7, unlike each other and in the order of their time", () => {
  let now = Date.UTC(2026, 0, 1);
  const newId = createIds({ now: () => now, after: () => () => {} });
  const ids = Array.from({ length: 1_000 }, () => {
    now += 1;
    return newId();
  });
  expect(new Set(ids).size).toBe(1_000);
  expect(ids.toSorted()).toEqual(ids);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt((ids[0] ?? "").replace("-", "").slice(0, 12), 16)).toBe(
    Date.UTC(2026, 0, 1) + 1,
  );
});
