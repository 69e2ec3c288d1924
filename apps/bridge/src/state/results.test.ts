import type { Clock, JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createResultStore } from "./results.ts";

const principalOf = (id: string, kind: "key" | "local" = "key") => ({ id, kind });

test("beyond the capacity the oldest of whoever keeps most goes first", () => {
  const { keep, get, shorten } = setUp({ capacity: 10_000 });
  const anns = keep("ann", 3_000);
  const bens = [1, 2, 3, 4].map(() => keep("ben", 2_000));
  expect(bens.map((handle) => get(handle, "ben") !== undefined)).toEqual([false, true, true, true]);
  // Only Ann's result could make room for this one: it is given whole instead.
  const whole = { content: [{ type: "text", text: "x".repeat(9_000) }] };
  expect(shorten("ben", whole)).toBe(whole);
  expect(get(anns, "ann")?.text).toHaveLength(3_000);
});

test("what was kept for an hour is forgotten, and its room is free", () => {
  const { keep, get, advance } = setUp({ capacity: 10_000 });
  const old = keep("ann", 9_000);
  advance(60 * 60_000);
  expect(get(old, "ann")).toBeUndefined();
  const [first, second] = [keep("ann", 4_000), keep("ben", 5_000)];
  expect([get(first, "ann"), get(second, "ben")]).not.toContain(undefined);
});

test("a result that would never fit is given whole, and a key is not whom it is called after", () => {
  const { keep, shorten, store } = setUp({ capacity: 10_000 });
  const whole = { content: [{ type: "text", text: "x".repeat(10_001) }] };
  expect(shorten("ann", whole)).toBe(whole);
  const handle = keep("local", 2_000);
  expect(store.get(handle, principalOf("local"))).toBeDefined();
  expect(store.get(handle, principalOf("local", "local"))).toBeUndefined();
});

function setUp({ capacity }: { readonly capacity: number }) {
  let now = 1_000;
  let made = 0;
  const clock: Clock = { now: () => now, after: () => () => {} };
  const newId = (): string => {
    made += 1;
    return `handle-${made}`;
  };
  const store = createResultStore({ clock, newId, capacity });
  const shorten = (who: string, result: JsonObject): JsonObject =>
    store.shorten(result, {
      ...{ principal: principalOf(who), maxBytes: 1_000 },
      ...{ keepsStructure: false, takesLinks: false },
    });
  return {
    ...{ store, shorten },
    /** Returns the handle of a text of that length. */
    keep(who: string, length: number): string {
      const short = shorten(who, { content: [{ type: "text", text: "x".repeat(length) }] });
      return String(((short._meta as JsonObject)["trestle/result"] as JsonObject).handle);
    },
    get: (handle: string, who: string) => store.get(handle, principalOf(who)),
    advance(ms: number): void {
      now += ms;
    },
  };
}
