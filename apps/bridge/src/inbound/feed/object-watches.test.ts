import { type JsonObject, silentLogger } from "@trestle/protocol";
import { manualClock, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createSubscriptions } from "../../subscriptions.ts";
import { createObjectWatches, type ObjectWatchesCore } from "./object-watches.ts";

const MINUTE = 60_000;
const all = () => true;

/** Two servers of objects, one other, and what they were asked; the first `failing` requests fail. */
function open({ failing = 0, answers = true } = {}) {
  const asked: string[] = [];
  const clock = manualClock();
  let left = failing;
  const servers = ["objects", "more", "other"].map((id) => ({
    ...{ id, aliases: [], kind: "embedded" },
    entry: { embedded: id === "other" ? "database" : "objects" },
  }));
  const core = {
    ...{ clock, log: silentLogger, subscriptions: createSubscriptions() },
    live: { current: () => ({ servers }) },
    catalog: { uris: (id: string) => ({ toExposed: (uri: string) => `${id}+${uri}` }) },
    upstreams: {
      get: (id: string) => ({
        async request(method: string, { uri }: JsonObject) {
          asked.push(`${id} ${method.slice("resources/".length)} ${uri}`);
          left -= 1;
          if (left >= 0) throw new Error("not now");
          if (!answers) await new Promise(() => {});
          return {};
        },
      }),
    },
  } as unknown as ObjectWatchesCore;
  return { asked, clock, core, watches: createObjectWatches(core) };
}

test("an object is watched at every server that may be heard, from the first listener to five minutes after the last", async () => {
  const { asked, clock, watches } = open();
  const first = watches.listen(["object:kv/a", "object:kv/*", "*", "call.*"], all);
  const second = watches.listen(["object:kv/a"], (server) => server === "more");
  await Promise.all([first.begun, second.begun]);
  const subscribed = ["objects subscribe object://kv/a", "more subscribe object://kv/a"];
  expect(asked).toEqual(subscribed);
  first.end();
  second.end();
  clock.advance(4 * MINUTE);
  const third = watches.listen(["object:kv/a"], (server) => server === "more");
  clock.advance(4 * MINUTE);
  await until("the one that nobody wants ends", () => asked.length === 3);
  third.end();
  clock.advance(5 * MINUTE);
  await until("the other ends, too", () => asked.length === 4);
  expect(asked.slice(2)).toEqual([
    "objects unsubscribe object://kv/a",
    "more unsubscribe object://kv/a",
  ]);
});

test("what names no object, or none that may be heard, is waited for by nobody", () => {
  const { asked, watches } = open();
  expect(
    watches.listen(["*", "object:*", "object:kv", "object:kv/a/b"], all).begun,
  ).toBeUndefined();
  expect(watches.listen(["object:kv/a"], () => false).begun).toBeUndefined();
  expect(asked).toEqual([]);
});

test("a server that refuses is asked again, and keeps nobody waiting; nor does one that is silent", async () => {
  const one = (server: string) => server === "more";
  const refusing = open({ failing: 2 });
  const listening = refusing.watches.listen(["object:kv/a"], one);
  await listening.begun;
  for (const times of [2, 3]) {
    await until("it waits", () => refusing.clock.next() !== undefined);
    refusing.clock.advance(5_000);
    await until("it is asked again", () => refusing.asked.length === times);
  }
  const silent = open({ answers: false });
  const { begun } = silent.watches.listen(["object:kv/a"], one);
  silent.clock.advance(5_000);
  await begun;
});

test("so many are watched and no more; those that nobody wants make room", async () => {
  const { asked, watches } = open();
  const one = (server: string) => server === "more";
  const topics = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => `object:kv/${from + n}`);
  const some = watches.listen(topics(0, 100), one);
  for (let from = 100; from < 1_000; from += 100) watches.listen(topics(from, from + 100), one);
  expect(() => watches.listen(topics(1_000, 1_050), one)).toThrow(/1000 objects/);
  some.end();
  await watches.listen(topics(1_000, 1_050), one).begun;
  await until(
    "room was made",
    () => asked.filter((each) => each.includes("unsubscribe")).length === 50,
  );
  expect(() => watches.listen(topics(2_000, 2_051), one)).toThrow(/1000 objects/);
  await watches.listen(topics(2_000, 2_050), one).begun;
});
