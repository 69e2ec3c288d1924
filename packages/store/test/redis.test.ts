import { expect, onTestFinished, test } from "vitest";
import { createRedisBus, createRedisLocks, openRedis } from "../src/redis/index.ts";
import { type OwnRedis, openRedisTwice, startOwnRedis } from "./_own-redis.ts";
import { until } from "./_processes.ts";
import { describeBus } from "./describe-bus.ts";
import { describeLocks } from "./describe-locks.ts";

/** Two ways to one Redis, with a bus over each. */
async function openBusTwice(server?: OwnRedis) {
  const [one, other] = await openRedisTwice(server);
  const [bus, far] = [createRedisBus({ redis: one }), createRedisBus({ redis: other })];
  onTestFinished(async () => {
    await bus.close();
    await far.close();
  });
  return { one, other, bus, far };
}

describeBus("over Redis", async () => {
  const { bus, far } = await openBusTwice();
  return [bus, far];
});

describeLocks("in Redis", async ({ clock }) => {
  const [one, other] = await openRedisTwice();
  return [createRedisLocks({ redis: one, clock }), createRedisLocks({ redis: other, clock })];
});

async function ownRedis() {
  const server = await startOwnRedis();
  onTestFinished(server.end);
  return server;
}

test("a Redis that is killed costs nobody time, and is found again", async () => {
  const server = await ownRedis();
  const [link] = await openRedisTwice(server);
  expect(await link.command("SET", "k", "v")).toBe("OK");
  await server.kill();
  await until("the link knows", () => !link.isUp());
  const began = performance.now();
  await expect(link.command("GET", "k")).rejects.toMatchObject({ code: "unavailable" });
  expect(performance.now() - began).toBeLessThan(500);
  await server.restart();
  await until("the link is back", () => link.isUp());
  expect(await link.command("GET", "k")).toBe("v");
});

test("what is on its way when Redis is killed is answered all the same, over and over", async () => {
  const server = await ownRedis();
  const [link] = await openRedisTwice(server);
  for (let round = 0; round < 3; round += 1) {
    await until("the link is up", () => link.isUp());
    const asked = Array.from({ length: 200 }, (_, at) => link.command("SET", `k${at}`, "v"));
    const scripts = Array.from({ length: 50 }, () => link.bound(() => link.client.ping()));
    const began = performance.now();
    const all = Promise.allSettled([...asked, ...scripts]);
    await server.kill();
    await all;
    expect(performance.now() - began).toBeLessThan(2_000);
    await server.restart();
  }
});

test("a Redis that hangs keeps nobody waiting for two seconds", async () => {
  const server = await ownRedis();
  const [link] = await openRedisTwice(server);
  server.freeze();
  const began = performance.now();
  await expect(link.command("GET", "k")).rejects.toMatchObject({ code: "unavailable" });
  expect(performance.now() - began).toBeLessThan(2_000);
  const again = performance.now();
  await expect(link.command("GET", "k")).rejects.toMatchObject({ code: "unavailable" });
  expect(performance.now() - again, "nobody waits for the same again").toBeLessThan(500);
  server.goOn();
  await until("the link is back", () => link.isUp());
});

test("a Redis that is not there at the start is waited for two seconds, and found later", async () => {
  const server = await ownRedis();
  await server.kill();
  const began = performance.now();
  const link = await openRedis({ url: server.url, prefix: "t" });
  onTestFinished(link.close);
  expect(performance.now() - began).toBeLessThan(2_500);
  expect(link.isUp()).toBe(false);
  await server.restart();
  await until("it is found", () => link.isUp());
});

test("who listens is told of a gap after Redis was gone, and hears again", async () => {
  const server = await ownRedis();
  const { one, other, bus, far } = await openBusTwice(server);
  const heard: string[] = [];
  let gaps = 0;
  await bus.subscribe("a", { onMessage: (text) => heard.push(text), onGap: () => (gaps += 1) });
  gaps = 0;
  await server.kill();
  await until("both know", () => !one.isUp() && !other.isUp());
  far.publish("a", "lost");
  // Who comes and goes meanwhile waits for nothing.
  const late: string[] = [];
  await bus.subscribe("late", { onMessage: (text) => late.push(text) });
  const leave = await bus.subscribe("left", { onMessage: (text) => late.push(text) });
  leave();
  await server.restart();
  await until("a gap is told", () => gaps > 0);
  await until("it hears again", () => {
    far.publish("left", "never");
    far.publish("late", "now");
    far.publish("a", "now");
    return heard.includes("now") && late.includes("now");
  });
  expect(heard).not.toContain("lost");
  expect(late).not.toContain("never");
});

test("who begins to listen while Redis hangs hears once it goes on", async () => {
  const server = await ownRedis();
  const { bus, far } = await openBusTwice(server);
  await bus.subscribe("a", { onMessage: () => {} });
  server.freeze();
  const heard: string[] = [];
  await bus.subscribe("b", { onMessage: (text) => heard.push(text) });
  server.goOn();
  await until("it hears", () => {
    far.publish("b", "now");
    return heard.includes("now");
  });
});

test("a server that has no sharded channels, as before its version 7, carries the bus all the same", async () => {
  const server = await startOwnRedis("--rename-command", "SSUBSCRIBE", "");
  onTestFinished(server.end);
  const { bus, far } = await openBusTwice(server);
  const heard: string[] = [];
  const leave = await bus.subscribe("a", { onMessage: (text) => heard.push(text) });
  await bus.subscribe("b", { onMessage: (text) => heard.push(text) });
  far.publish("a", "1");
  await until("it is heard", () => heard.length === 1);
  leave();
  far.publish("a", "2");
  far.publish("b", "3");
  await until("the other is heard", () => heard.includes("3"));
  expect(heard).toEqual(["1", "3"]);
});

test("all who begin to listen at once hear", async () => {
  const [one] = await openRedisTwice(await ownRedis());
  const bus = createRedisBus({ redis: one });
  onTestFinished(() => bus.close());
  const heard = new Set<string>();
  const topics = Array.from({ length: 20 }, (_, at) => `topic ${at}`);
  const begun = topics.map(async (topic, at) => {
    // Some while the others are on their way to Redis.
    for (let turn = 0; turn < at; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await bus.subscribe(topic, { onMessage: () => heard.add(topic) });
  });
  await Promise.all(begun);
  for (const topic of topics) bus.publish(topic, "now");
  await until("all have heard", () => heard.size === topics.length);
});

test("what is no address of Redis is refused without being shown", async () => {
  const opening = openRedis({ url: "http://user:hunter2@host", prefix: "t" });
  await expect(opening).rejects.toMatchObject({ code: "invalid_config" });
  await expect(opening).rejects.not.toThrow(/hunter2/);
});
