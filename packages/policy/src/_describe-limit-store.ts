import { describe, expect, test } from "vitest";
import { createTestClock, type TestClock } from "./_parts.ts";
import type { LimitState, LimitStore } from "./limit.ts";

/** Long, so that nothing of it passes by itself where time cannot be stopped. */
const windowMs = 600_000;
const rule = { calls: 2, windowMs };

export interface LimitSetting {
  readonly store: LimitStore;
  /** Lets time pass for the store and its clock. */
  pass(ms: number): Promise<void> | void;
  /** How far a store that asks another clock may be off. */
  readonly slackMs?: number;
}

/** What every store of the limits must hold to. */
export function describeLimitStore(
  name: string,
  open: (clock: TestClock) => LimitSetting | Promise<LimitSetting>,
): void {
  describe(`${name} holds to the contract of a limit store`, () => {
    async function setUp() {
      const setting = await open(createTestClock(0));
      const { slackMs = 0 } = setting;
      return {
        ...setting,
        expectReset({ reset }: LimitState, at: number) {
          expect(Math.abs(reset - at)).toBeLessThanOrEqual(slackMs);
        },
      };
    }

    test("counts up to the limit and says when the window ends", async () => {
      const { store, pass, expectReset } = await setUp();
      const first = await store.take("a", rule);
      expect(first).toMatchObject({ limit: 2, allowed: true, remaining: 1 });
      expectReset(first, windowMs);
      await pass(windowMs * 0.4);
      const second = await store.take("a", rule);
      expect(second).toMatchObject({ limit: 2, allowed: true, remaining: 0 });
      expectReset(second, windowMs);
      const third = await store.take("a", rule);
      expect(third).toMatchObject({ limit: 2, allowed: false, remaining: 0 });
      expectReset(third, windowMs);
    });

    test("begins a window with the first call after the last one", async () => {
      const { store, pass, expectReset } = await setUp();
      for (let call = 0; call < 5; call += 1) await store.take("a", rule);
      await pass(windowMs * 0.9);
      expect(await store.take("a", rule)).toMatchObject({ allowed: false });
      await pass(windowMs * 500);
      const next = await store.take("a", rule);
      expect(next).toMatchObject({ remaining: 1 });
      expectReset(next, windowMs * 501.9);
    });

    test("counts each key for itself", async () => {
      const { store } = await setUp();
      for (let call = 0; call < 3; call += 1) await store.take("a", rule);
      expect(await store.take("b", rule)).toMatchObject({ allowed: true });
    });

    test("takes a changed limit at once", async () => {
      const { store } = await setUp();
      for (let call = 0; call < 3; call += 1) await store.take("a", rule);
      const raised = await store.take("a", { ...rule, calls: 3 });
      expect(raised).toMatchObject({ allowed: true, limit: 3 });
    });

    test("lets through as many as there is room for, of all that come at once", async () => {
      const { store } = await setUp();
      const many = { calls: 10, windowMs };
      const taken = await Promise.all(Array.from({ length: 50 }, () => store.take("a", many)));
      expect(taken.filter(({ allowed }) => allowed)).toHaveLength(10);
    });

    test("knows windows of less than a second", async () => {
      const { store, pass } = await setUp();
      const short = { calls: 1, windowMs: 700 };
      const { reset } = await store.take("a", short);
      expect(reset).toBeGreaterThan(0);
      expect(reset).toBeLessThanOrEqual(700);
      await pass(701);
      expect(await store.take("a", short)).toMatchObject({ allowed: true });
    });
  });
}
