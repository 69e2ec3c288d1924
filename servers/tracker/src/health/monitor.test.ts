import { type JsonObject, silentLogger } from "@trestle/protocol";
import { manualClock, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { healthSchema } from "./config.ts";
import { type Kept, keepInStore } from "./keeper.ts";
import { createMonitor } from "./monitor.ts";
import type { CheckResult } from "./probes/probe.ts";

type Level = CheckResult["level"];

/** A world whose targets are as `levels` says, with time that is moved by hand. */
function world(targets: object[], kept = new Map<string, Kept>()) {
  const clock = manualClock();
  const levels: Record<string, Level> = {};
  const checks: string[] = [];
  const events: { topic: string; payload: JsonObject }[] = [];
  const held = new Map<string, () => void>();
  const config = healthSchema.parse({
    targets: targets.map((each) => ({
      kind: "tcp",
      host: "h",
      port: 1,
      intervalMs: 10_000,
      ...each,
    })),
  });
  const monitor = createMonitor({
    ...{ config, clock, random: () => 0.5, log: silentLogger },
    keeper: {
      load: async () => new Map(kept),
      save: async (name, value) => {
        kept.set(name, value);
      },
      remove: async (name) => {
        kept.delete(name);
      },
    },
    alerts: { webhooks: [], remindAfterMs: 0 },
    silences: async () => [],
    tell: () => {},
    publish: (topic, payload) => events.push({ topic, payload }),
    async check({ name }) {
      checks.push(name);
      if (held.has(name)) await new Promise<void>((resolve) => held.set(name, resolve));
      return { level: levels[name] ?? "up", detail: "said so", at: clock.now(), latencyMs: 1 };
    },
  });
  /** Lets so many checks of each target happen. */
  async function rounds(count: number) {
    for (let round = 0; round < count; round += 1) {
      const done = checks.length + config.targets.length;
      while (checks.length < done) {
        clock.advance(1_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
  const topics = () => events.map(({ topic, payload }) => `${topic} ${payload.target}`);
  return { ...{ clock, levels, checks, events, held, kept, monitor, rounds, topics } };
}

test("a target that falls alerts once, and once more when it is up again", async () => {
  const { levels, events, kept, monitor, rounds, topics } = world([{ name: "web" }]);
  await monitor.start();
  await rounds(2);
  levels.web = "down";
  await rounds(6);
  levels.web = "up";
  await rounds(6);
  expect(topics()).toEqual([
    "health.changed web",
    "health.changed web",
    "alert.firing web",
    "health.changed web",
    "alert.resolved web",
  ]);
  expect(events[2]?.payload).toMatchObject({
    severity: "critical",
    summary: "web is down: said so",
  });
  expect(monitor.status()).toMatchObject([
    { name: "web", state: { status: "up" }, alert: { state: "resolved" } },
  ]);
  expect(kept.get("web")?.state.status).toBe("up");
  await monitor.stop();
});

test("when a dependency falls, only it alerts; what fails without it alerts itself", async () => {
  const { levels, monitor, rounds, topics } = world([
    { name: "redis" },
    { name: "api", dependsOn: ["redis"] },
  ]);
  await monitor.start();
  await rounds(2);
  levels.redis = "down";
  levels.api = "down";
  await rounds(6);
  expect(topics().filter((topic) => topic.startsWith("alert"))).toEqual(["alert.firing redis"]);
  expect(monitor.status()[1]).toMatchObject({
    suppression: { kind: "dependency", on: "redis" },
    alert: { state: "pending" },
  });
  levels.redis = "up";
  await rounds(6);
  expect(topics().filter((topic) => topic.startsWith("alert"))).toEqual([
    "alert.firing redis",
    "alert.resolved redis",
    "alert.firing api",
  ]);
  await monitor.stop();
});

test("a monitor that starts again goes on where it was: nobody is told twice", async () => {
  const first = world([{ name: "web" }]);
  first.levels.web = "down";
  await first.monitor.start();
  await first.rounds(4);
  await first.monitor.stop();
  expect(first.topics()).toContain("alert.firing web");
  const again = world([{ name: "web" }], first.kept);
  again.levels.web = "down";
  await again.monitor.start();
  expect(again.monitor.status()).toMatchObject([
    { state: { status: "down" }, alert: { state: "firing" } },
  ]);
  await again.rounds(4);
  expect(again.topics()).toEqual([]);
  await again.monitor.stop();
});

test("what is down for long is asked less often, up to a quarter as often", async () => {
  const { clock, levels, checks, monitor, rounds } = world([{ name: "web" }]);
  levels.web = "down";
  await monitor.start();
  await rounds(60);
  const before = checks.length;
  const started = clock.now();
  await rounds(3);
  expect(checks.length - before).toBe(3);
  expect((clock.now() - started) / 3).toBeGreaterThanOrEqual(39_000);
  expect((clock.now() - started) / 3).toBeLessThanOrEqual(41_000);
  await monitor.stop();
});

test("who asks while a check runs gets that one, and names must be known", async () => {
  const { checks, held, monitor } = world([{ name: "web" }, { name: "db" }]);
  held.set("web", () => {});
  const both = [monitor.checkNow(["web"]), monitor.checkNow()];
  await until("both are checked", () => checks.length === 2);
  held.get("web")?.();
  const [one, all] = await Promise.all(both);
  expect(one).toMatchObject([{ name: "web", state: { status: "up" } }]);
  expect(all).toHaveLength(2);
  expect(checks.toSorted()).toEqual(["db", "web"]);
  await expect(monitor.checkNow(["x"])).rejects.toThrow(
    "There is no health target x; there is: web, db.",
  );
});

test("no more than eight targets are checked at once", async () => {
  const names = Array.from({ length: 12 }, (_, at) => `t${at}`);
  const { checks, held, monitor } = world(names.map((name) => ({ name })));
  for (const name of names) held.set(name, () => {});
  const all = monitor.checkNow();
  await until("eight are checked", () => checks.length === 8);
  await new Promise((resolve) => setImmediate(resolve));
  expect(checks).toHaveLength(8);
  for (const name of names) {
    await until(`${name} is checked`, () => checks.includes(name));
    held.get(name)?.();
    held.delete(name);
  }
  expect(await all).toHaveLength(12);
});

test("a store that fails loses no check and stops no monitor", async () => {
  const { monitor, kept, levels, rounds, topics } = world([{ name: "web" }]);
  kept.set = () => {
    throw new Error("disk full");
  };
  await monitor.start();
  levels.web = "down";
  await rounds(4);
  expect(monitor.status()).toMatchObject([{ state: { status: "down" } }]);
  expect(topics()).toContain("alert.firing web");
  await monitor.stop();
});

test("states are kept in the store, page by page, and what is no state is left aside", async () => {
  const documents = new Map<string, JsonObject>();
  const keeper = keepInStore({
    async documents(_, query = {}) {
      const all = [...documents].map(([key, value]) => ({
        kind: "health" as const,
        key,
        at: 1,
        value,
      }));
      const begin = Number(query.cursor ?? 0);
      return {
        items: all.slice(begin, begin + 1),
        ...(begin + 1 < all.length && { next: String(begin + 1) }),
      };
    },
    async putDocuments(list) {
      for (const { kind, key, value } of list)
        documents.set(kind === "health" ? key : `alert ${key}`, value);
    },
    async removeDocuments() {},
  });
  const state = {
    status: "up" as const,
    since: 1,
    streak: 0,
    recent: ["up" as const],
    isFlapping: false,
  };
  await keeper.save("a", { state }, { at: 1, deliveries: [] });
  await keeper.save(
    "b",
    { state, alert: { key: "b", state: "firing", severity: "info", summary: "x", since: 1 } },
    { at: 1, deliveries: [] },
  );
  documents.set("old", { shape: 0 });
  expect(documents.get("alert b")).toMatchObject({ state: "firing" });
  expect([...(await keeper.load()).keys()]).toEqual(["a", "b"]);
});
