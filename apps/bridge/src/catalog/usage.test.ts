import { describe, expect, test } from "vitest";
import { createUsage, type UsedTool } from "./usage.ts";

const MINUTE = 60_000;

function start() {
  let now = Date.UTC(2026, 0, 1);
  const usage = createUsage({ clock: { now: () => now, after: () => () => {} } });
  return {
    usage,
    pass: (ms: number) => {
      now += ms;
    },
    use(name: string, more: Partial<UsedTool> = {}) {
      usage.note({ server: "s", name, principal: "ann", succeeded: true, at: now, ...more });
    },
    factor: (name: string, principal = "ann") =>
      usage.factorFor(principal)?.of({ server: "s", name }) ?? 1,
  };
}

describe("how tools were used", () => {
  test("says nothing of a tool that was never called", () => {
    expect(start().factor("any")).toBe(1);
  });

  test("speaks for tools that succeed and against those that fail, the surer the oftener", () => {
    const { use, factor } = start();
    use("once");
    for (let count = 0; count < 20; count += 1) {
      use("good", { principal: `p${count}` });
      use("bad", { principal: `q${count}`, succeeded: false });
    }
    expect(factor("once", "ben")).toBeGreaterThan(1);
    expect(factor("good", "ben")).toBeGreaterThan(factor("once", "ben"));
    expect(factor("bad", "ben")).toBeLessThan(1);
    expect(factor("good", "ben")).toBeLessThan(1.13);
  });

  test("speaks for what was called together with what the same principal called last", () => {
    const { use, pass, factor } = start();
    for (let day = 0; day < 5; day += 1) {
      use("find_customer");
      pass(MINUTE);
      use("list_orders");
      pass(60 * MINUTE);
      use("list_pets");
      pass(60 * MINUTE);
    }
    use("find_customer", { principal: "ben" });
    expect(factor("list_orders", "ben")).toBeGreaterThan(factor("list_pets", "ben") + 0.1);
    // For whoever called nothing lately they are alike.
    expect(factor("list_orders", "cleo")).toBeCloseTo(factor("list_pets", "cleo"), 2);
    pass(11 * MINUTE);
    expect(factor("list_orders", "ben")).toBeCloseTo(factor("list_pets", "ben"), 2);
  });

  test("does not put together what different principals called at the same time", () => {
    const { use, factor } = start();
    for (let count = 0; count < 5; count += 1) {
      use("a", { principal: "ann" });
      use("b", { principal: "ben" });
    }
    expect(factor("b", "ann")).toBeCloseTo(factor("b", "cleo"), 5);
  });

  test("forgets by and by", () => {
    const { use, pass, factor } = start();
    for (let count = 0; count < 20; count += 1) use("bad", { succeeded: false });
    const before = factor("bad", "ben");
    pass(60 * 24 * 60 * MINUTE);
    for (let count = 0; count < 3; count += 1) use("bad");
    expect(factor("bad", "ben")).toBeGreaterThan(1);
    expect(before).toBeLessThan(0.95);
  });

  test("of many calls between two questions the last are enough", () => {
    const { use, factor } = start();
    for (let count = 0; count < 5_000; count += 1) use(count < 4_000 ? "old" : "late");
    expect(factor("old", "ben")).toBe(1);
    expect(factor("late", "ben")).toBeGreaterThan(1.1);
  });

  test("is the same for the same calls, however often it is asked between them", () => {
    const often = start();
    const once = start();
    for (let count = 0; count < 100; count += 1) {
      for (const each of [often, once]) {
        each.use(`t${(count * 7) % 11}`, { principal: `p${count % 3}`, succeeded: count % 5 > 0 });
        each.pass(MINUTE);
      }
      often.factor("t1");
    }
    for (let tool = 0; tool < 11; tool += 1) {
      expect(often.factor(`t${tool}`, "p1")).toBe(once.factor(`t${tool}`, "p1"));
    }
  });

  test("takes bounded memory, whoever calls whatever", () => {
    const { use, factor } = start();
    const before = heap();
    for (let count = 0; count < 100_000; count += 1) {
      use(`tool_${count % 30_000}`, { principal: `p${count % 5_000}` });
      if (count % 400 === 0) factor("any");
    }
    expect(factor("tool_1")).toBeGreaterThan(0);
    expect(heap() - before).toBeLessThan(60);
    // The first of so many were let go, the last are known.
    expect(factor("tool_9999", "nobody")).toBeGreaterThan(1);
    expect(factor("tool_15000", "nobody")).toBe(1);
  });
});

/** In MiB. */
function heap(): number {
  return process.memoryUsage().heapUsed / 1024 / 1024;
}
