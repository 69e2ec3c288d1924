import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { seededRandom, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { createHub, type Hub, type HubMessage, openHub } from "../src/index.ts";

/** What a subscriber saw: numbers of events, and gaps as they are. */
function listen(hub: Hub, topics: string[], since?: number) {
  const seen: (number | [number, number])[] = [];
  const stop = hub.subscribe(since === undefined ? { topics } : { topics, since }, (message) => {
    seen.push(message.kind === "event" ? message.event.seq : [message.gap.from, message.gap.to]);
  });
  return { seen, stop };
}

async function openFileHub(file = join(temporaryFolder(), "events.db"), keep = 5) {
  const hub = await openHub({ file, keep, keepInFile: 20 });
  onTestFinished(() => hub.close());
  return { hub, file };
}

test("a subscriber gets what came after the number it names, and then what comes", () => {
  const hub = createHub();
  expect([1, 2, 3].map((n) => hub.publish("a", { n }))).toEqual([1, 2, 3]);
  const { seen, stop } = listen(hub, ["a"], 1);
  const fresh = listen(hub, ["a"]);
  hub.publish("a", { n: 4 });
  stop();
  hub.publish("a", { n: 5 });
  expect(seen).toEqual([2, 3, 4]);
  expect(fresh.seen).toEqual([4, 5]);
});

test.each([
  [["call.*"], [1, 2, 5]],
  [["*"], [1, 2, 3, 4, 5]],
  [
    ["call.done", "server.up"],
    [1, 3],
  ],
  [["call.d.ne", "CALL.DONE", ""].slice(0, 2), []],
  [["*.*.*"], [5]],
])("of the topics, %j selects %j", (topics, expected) => {
  const hub = createHub();
  for (const topic of ["call.done", "call.failed", "server.up", "x", "call.done.late"]) {
    hub.publish(topic, {});
  }
  expect(listen(hub, topics, 0).seen).toEqual(expected);
});

test.each([[[]], [[""]], [["a".repeat(300)]], [Array(101).fill("a")], [[1]]])(
  "the topics %j are refused",
  (topics) => {
    expect(() => listen(createHub(), topics as string[])).toThrow(
      expect.objectContaining({ code: "invalid_input" }),
    );
  },
);

test("what is no longer kept is told as a gap, once", () => {
  const hub = createHub({ keep: 3 });
  for (let n = 1; n <= 10; n += 1) hub.publish("a", { n });
  expect(listen(hub, ["a"], 4).seen).toEqual([[5, 7], 8, 9, 10]);
  expect(listen(hub, ["a"], 7).seen).toEqual([8, 9, 10]);
});

test("a number of another life of the hub gets everything, behind a gap that knows no start", () => {
  const hub = createHub({ keep: 3 });
  for (let n = 1; n <= 5; n += 1) hub.publish("a", { n });
  expect(listen(hub, ["a"], 1_000).seen).toEqual([[0, 2], 3, 4, 5]);
});

test("a slow subscriber delays nobody, is told what it missed and goes on", async () => {
  const hub = createHub({ keep: 10 });
  const slow: HubMessage[] = [];
  let release = () => {};
  hub.subscribe({ topics: ["*"] }, (message) => {
    slow.push(message);
    return slow.length > 1 ? undefined : new Promise((resolve) => (release = resolve));
  });
  const quick = listen(hub, ["*"]);
  for (let n = 1; n <= 100; n += 1) hub.publish("a", { n });
  expect(quick.seen).toHaveLength(100);
  expect(slow).toHaveLength(1);
  release();
  await until("the slow one goes on", () => slow.length === 12);
  expect(slow[1]).toEqual({ kind: "gap", gap: { from: 2, to: 90 } });
  expect(slow.at(-1)).toMatchObject({ event: { seq: 100 } });
});

test("a subscriber that throws or publishes harms nobody", () => {
  const hub = createHub();
  hub.subscribe({ topics: ["*"] }, () => {
    throw new Error("broken");
  });
  hub.subscribe({ topics: ["ask"] }, () => void hub.publish("answer", {}));
  const { seen } = listen(hub, ["*"]);
  hub.publish("ask", {});
  expect(seen).toEqual([1, 2]);
});

test("under any load every subscriber accounts for every number, in order", async () => {
  const random = seededRandom();
  for (let round = random.rounds(30); round > 0; round -= 1) {
    const hub = createHub({ keep: 1 + random.below(20) });
    const subscribers = Array.from({ length: 4 }, (_, index) => {
      const place = { seq: 0 };
      hub.subscribe({ topics: ["*"], since: 0 }, async (message) => {
        const from = message.kind === "event" ? message.event.seq : message.gap.from;
        expect(from).toBe(place.seq + 1);
        place.seq = message.kind === "event" ? from : message.gap.to;
        for (let turns = random.below(index * 3 + 1); turns > 0; turns -= 1) await null;
      });
      return place;
    });
    for (let n = 0; n < 200; n += 1) {
      hub.publish("a", { n });
      if (random.next() < 0.3) await null;
    }
    await until("all arrived", () => subscribers.every(({ seq }) => seq === 200));
  }
});

test("a durable hub replays over a restart, from its file where memory forgot", async () => {
  const { hub, file } = await openFileHub();
  for (let n = 1; n <= 15; n += 1) hub.publish("a", { n });
  await hub.close();
  const { hub: next } = await openFileHub(file);
  expect(next.lastSeq()).toBe(15);
  expect(listen(next, ["a"], 12).seen).toEqual([13, 14, 15]);
  expect(next.publish("a", {})).toBe(16);
  expect(listen(next, ["a"], 14).seen).toEqual([15, 16]);
});

test("a file keeps as many events as it should, and tells what it no longer has", async () => {
  const { hub, file } = await openFileHub();
  for (let n = 1; n <= 100; n += 1) hub.publish("a", { n });
  await hub.close();
  const { hub: next } = await openFileHub(file);
  const { seen } = listen(next, ["a"], 0);
  const [gap, first] = seen;
  expect(gap).toEqual([1, Number(first) - 1]);
  expect(seen.length).toBeGreaterThanOrEqual(20);
  expect(seen.length).toBeLessThan(30);
  expect(seen.at(-1)).toBe(100);
});

test("a killed hub gives no number twice, and whoever saw more than the file learns of a gap", async () => {
  const file = join(temporaryFolder(), "events.db");
  const script = new URL("./_publisher.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--no-warnings", script, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
    if (text.length > 2_000) child.kill("SIGKILL");
  });
  await once(child, "close");
  const told = text.trimEnd().split("\n").map(Number);
  const last = Math.max(...told);
  const { hub } = await openFileHub(file);
  expect(hub.publish("a", {})).toBeGreaterThan(last);
  const { seen } = listen(hub, ["a"], last);
  expect(seen.some((each) => typeof each !== "number")).toBe(true);
  let seq = last;
  for (const each of seen) {
    const [from, to] = typeof each === "number" ? [each, each] : each;
    expect(from).toBe(seq + 1);
    seq = to;
  }
  expect(seq).toBe(hub.lastSeq());
});

test("a hub is watched while somebody listens, and five minutes longer", () => {
  let now = 0;
  const hub = createHub({ clock: { now: () => now, after: () => () => {} } });
  expect(hub.isWatched()).toBe(false);
  const leave = hub.subscribe({ topics: ["*"] }, () => {});
  expect(hub.isWatched()).toBe(true);
  now = 1_000;
  leave();
  now += 299_999;
  expect(hub.isWatched()).toBe(true);
  leave();
  now += 1;
  expect(hub.isWatched()).toBe(false);
});

test("what nobody wanted counts as unwatched, whoever left", () => {
  const hub = createHub();
  hub.subscribe({ topics: ["breaker.*"] }, () => {})();
  expect([hub.isWatched("breaker.open"), hub.isWatched("call.success")]).toEqual([true, false]);
});

test("a durable hub remembers who told an event", async () => {
  const { hub: first, file } = await openFileHub();
  first.publish("deploys", { app: "web" }, "tracker");
  await first.close();
  const { hub: second } = await openFileHub(file);
  const seen: HubMessage[] = [];
  second.subscribe({ topics: ["*"], since: 0 }, (message) => void seen.push(message));
  expect(seen).toMatchObject([{ event: { topic: "deploys", source: "tracker" } }]);
});
