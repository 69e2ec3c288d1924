import { manualClock, seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createIds, idFloor, timeOfId } from "./ids.ts";

const START = Date.UTC(2026, 0, 1);

test("ids sort in the order they were made, whatever the clock does", () => {
  const random = seededRandom();
  const clock = manualClock(START);
  const ids = createIds({ clock, random: random.next });
  const made = Array.from({ length: 2_000 }, () => {
    clock.set(clock.now() + random.below(4) - 2);
    return ids.next();
  });
  expect(made).toEqual(made.toSorted());
  expect(new Set(made).size).toBe(made.length);
});

test("an id tells when it was made, and sorts behind the floor of that time", () => {
  const id = createIds({ clock: manualClock(START) }).next();
  expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  expect(timeOfId(id)).toBe(START);
  expect(id > idFloor(START)).toBe(true);
  expect(id < idFloor(START + 1)).toBe(true);
  expect(timeOfId("../../etc/passwd")).toBeUndefined();
});

test("where the last digit is the largest, the one before it counts on", () => {
  const ids = createIds({ clock: manualClock(START), random: () => 0.999 });
  const first = ids.next();
  expect(first.endsWith("ZZZ")).toBe(true);
  const second = ids.next();
  expect(timeOfId(second)).toBe(START + 1);
  expect(second > first).toBe(true);
});

test("two processes that start in the same millisecond make different ids", () => {
  const clock = manualClock(START);
  const made = Array.from({ length: 500 }, () => createIds({ clock }).next());
  expect(new Set(made).size).toBe(500);
});
