import { type OwnRedis, startOwnRedis } from "@trestle/testkit/own-redis";
import { seededRandom, until } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openHub } from "./_joined.ts";

let redis: OwnRedis;
let prefixes = 0;
beforeAll(async () => {
  redis = await startOwnRedis();
});
afterAll(() => redis?.end());

async function openTwo(server = redis) {
  prefixes += 1;
  const prefix = `p${prefixes}`;
  return { prefix, one: await openHub(server, prefix), other: await openHub(server, prefix) };
}

test("all read the same in the same order, however many tell at once, and so does who comes later", async () => {
  const { prefix, one, other } = await openTwo();
  const random = seededRandom();
  const [here, there] = [one.listen(["*"]), other.listen(["*"])];
  let told = 0;
  for (let round = 0; round < 60; round += 1) {
    const { hub } = random.next() < 0.5 ? one : other;
    const count = 1 + Math.floor(random.next() * 20);
    for (let each = 0; each < count; each += 1) {
      told += 1;
      hub.publish("deploy", { n: told });
    }
    if (random.next() < 0.3) await new Promise(setImmediate);
  }
  await until("all is told", () => here.seen.length === told && there.seen.length === told);
  expect(there.seen).toEqual(here.seen);
  expect(there.seqs).toEqual(here.seqs);
  expect(here.seqs).toEqual(here.seqs.toSorted((a, b) => a - b));
  expect(new Set(here.seen).size).toBe(told);
  const middle = Math.floor(told / 2);
  const late = await openHub(redis, prefix);
  expect(late.listen(["*"], here.seqs[middle] as number).seen).toEqual(here.seen.slice(middle + 1));
});

test("what is told on demand goes to Redis only while somebody listens there", async () => {
  const { one, other } = await openTwo();
  const kept = () =>
    one.shared.redis.command<number>("XLEN", one.shared.redis.key("events", "events", "stream"));
  one.hub.publish("call.done", { n: 1 });
  expect(one.hub.isWatched("call.done")).toBe(false);
  expect(await kept()).toBe(0);
  await other.hub.expect(["call.*"]);
  expect(one.hub.isWatched("call.done"), "it is known by then").toBe(true);
  const there = other.listen(["call.*"]);
  one.hub.publish("call.done", { n: 2 });
  await until("it is heard", () => there.seen.length === 1);
  there.end();
  expect(one.hub.isWatched("call.done"), "the reader may come back").toBe(true);
});

test("what each finds out for itself is told once", async () => {
  const { one, other } = await openTwo();
  const here = one.listen(["pin.*"]);
  for (const { hub } of [one, other]) hub.publish("pin.changed", { n: 1, server: "one" });
  one.hub.publish("pin.changed", { n: 2, server: "two" });
  await until("both are told", () => here.seen.includes("1") && here.seen.includes("2"));
  one.hub.publish("deploy", { n: 3 });
  const all = one.listen(["*"], 1);
  await until("all is told", () => all.seen.includes("3"));
  expect(all.seen.filter((each) => each === "1")).toEqual(["1"]);
  expect(one.own.lastSeq() + other.own.lastSeq()).toBe(3);
});

test("apart from Redis each tells its own; a Redis that lost all is told of as a gap, and numbers go on", async () => {
  const server = await startOwnRedis();
  onTestFinished(server.end);
  const { one, other } = await openTwo(server);
  const [here, there] = [one.listen(["*"]), other.listen(["*"])];
  one.hub.publish("deploy", { n: 1 });
  await until("both hear", () => here.seen.length === 1 && there.seen.length === 1);
  const last = here.seqs[0] as number;
  await server.kill();
  await until("both know", () => !one.shared.redis.isUp() && !other.shared.redis.isUp());
  one.hub.publish("deploy", { n: 2 });
  other.hub.publish("deploy", { n: 3 });
  expect([here.seen, there.seen]).toEqual([
    ["1", "2"],
    ["1", "3"],
  ]);
  expect(other.listen(["*"], here.seqs[1] as number).seen[0], "it came from the other one").toBe(
    "gap",
  );
  expect(one.listen(["*"], here.seqs[1] as number).seen, "it came from here").toEqual([]);
  server.lose();
  await server.restart();
  await until(
    "both are told of the gap",
    () => here.seen.includes("gap") && there.seen.includes("gap"),
  );
  await until("both hear again", () => {
    one.hub.publish("deploy", { n: 4 });
    return here.seen.includes("4") && there.seen.includes("4");
  });
  for (const reader of [here, there]) {
    expect(reader.seqs).toEqual(reader.seqs.toSorted((a, b) => a - b));
  }
  for (const { listen } of [one, other]) expect(listen(["*"], last).seen).toContain("gap");
});
