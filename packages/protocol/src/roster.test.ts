import { expect, test } from "vitest";
import { createRoster } from "./roster.ts";

test("holds what was added and not taken out, in any order of going", () => {
  const seed = Number(process.env.SEED ?? Date.now() % 100_000);
  let state = seed;
  const random = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const roster = createRoster<number>();
  const expected = new Map<number, () => void>();
  for (let step = 1; step <= 5_000; step += 1) {
    if (random(2) === 0) expected.set(step, roster.add(step));
    else {
      const [item, remove] = [...expected][random(Math.max(1, expected.size))] ?? [];
      remove?.();
      // Twice does no harm.
      remove?.();
      expected.delete(item ?? 0);
    }
    expect(roster.size, `seed ${seed}`).toBe(expected.size);
  }
  expect(roster.items().toSorted((a, b) => a - b)).toEqual([...expected.keys()]);
  const [some] = expected.keys();
  expect(roster.find((item) => item === some)).toBe(some);
  expect(roster.find((item) => item === -1)).toBeUndefined();
});

test("may change while it is walked through", () => {
  const roster = createRoster<string>();
  const removes = ["a", "b", "c"].map((item) => roster.add(item));
  const seen = roster.items().map((item) => {
    for (const remove of removes) remove();
    return item;
  });
  expect(seen).toEqual(["a", "b", "c"]);
  expect(roster.size).toBe(0);
});
