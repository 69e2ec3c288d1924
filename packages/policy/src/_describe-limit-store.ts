import { describe, expect, test } from "vitest";
import { createTestClock, type TestClock } from "./_parts.ts";
import type { LimitStore } from "./limit.ts";

const rule = { calls: 2, windowMs: 1_000 };

/** What every store of the limits must hold to. */
export function describeLimitStore(
  name: string,
  createStore: (clock: TestClock) => LimitStore,
): void {
  describe(`${name} holds to the contract of a limit store`, () => {
    function setUp() {
      const clock = createTestClock(0);
      return { clock, store: createStore(clock) };
    }

    test("counts up to the limit and says when the window ends", async () => {
      const { clock, store } = setUp();
      const facts = { limit: 2, reset: 1_000 };
      expect(await store.take("a", rule)).toEqual({ ...facts, allowed: true, remaining: 1 });
      clock.advance(400);
      expect(await store.take("a", rule)).toEqual({ ...facts, allowed: true, remaining: 0 });
      expect(await store.take("a", rule)).toEqual({ ...facts, allowed: false, remaining: 0 });
    });

    test("begins a window with the first call after the last one", async () => {
      const { clock, store } = setUp();
      for (let call = 0; call < 5; call += 1) await store.take("a", rule);
      clock.advance(999);
      expect(await store.take("a", rule)).toMatchObject({ allowed: false });
      clock.advance(500_001);
      expect(await store.take("a", rule)).toMatchObject({ remaining: 1, reset: 502_000 });
    });

    test("counts each key for itself", async () => {
      const { store } = setUp();
      for (let call = 0; call < 3; call += 1) await store.take("a", rule);
      expect(await store.take("b", rule)).toMatchObject({ allowed: true });
    });

    test("takes a changed limit at once", async () => {
      const { store } = setUp();
      for (let call = 0; call < 3; call += 1) await store.take("a", rule);
      expect(await store.take("a", { ...rule, calls: 3 })).toMatchObject({
        allowed: true,
        limit: 3,
      });
    });
  });
}
