import { type Clock, type JsonValue, TrestleError } from "@trestle/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Bus, createBusHub, createMemoryBus, createSharedBus } from "../src/index.ts";
import { shareBusFolder } from "./_bus-folder.ts";
import { manualClock } from "./_clock.ts";
import {
  seededRandom,
  startProcess,
  type TestProcess,
  temporaryFolder,
  until,
} from "./_processes.ts";
import { describeBus } from "./describe-bus.ts";

function openBus(path: string): Bus {
  const folder = shareBusFolder(path);
  const bus = createSharedBus({ folder });
  onTestFinished(async () => {
    await bus.close();
    await folder.close();
  });
  return bus;
}

describeBus("in memory", async () => {
  const bus = createMemoryBus();
  return [bus, bus];
});

describeBus("over a shared folder", async () => {
  const path = temporaryFolder();
  return [openBus(path), openBus(path)];
});

const startMember = (path: string) => startProcess("_bus-process.ts", [path]);
const heardBy = ({ said }: TestProcess) =>
  said.filter(({ heard }) => heard !== undefined).map(({ heard }) => String(heard));

describe("a bus between processes", () => {
  test("carries messages within moments", async () => {
    const path = temporaryFolder();
    const bus = openBus(path);
    await bus.subscribe("own", { onMessage() {} });
    const member = startMember(path);
    expect((await member.ask("listen", { topic: "a" })).value).toBe("joined");
    const delays: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      const from = performance.timeOrigin + performance.now();
      bus.publish("a", String(count));
      await until("it arrives", () => heardBy(member).length > count);
      delays.push(Number(member.said.at(-1)?.at) - from);
    }
    delays.sort((a, b) => a - b);
    process.stderr.write(`bus across processes: median ${delays[10]?.toFixed(2)} ms\n`);
    expect(delays[10]).toBeLessThan(1_000);
  });

  test("goes on with the next owner, and tells of the gap", async () => {
    const path = temporaryFolder();
    const owner = startMember(path);
    expect((await owner.ask("listen", { topic: "a" })).value).toBe("owner");
    const bus = openBus(path);
    const heard: string[] = [];
    let gaps = 0;
    await bus.subscribe("a", { onMessage: (message) => heard.push(message), onGap: () => ++gaps });
    await owner.ask("publish", { topic: "a", message: "before" });
    await until("it arrives", () => heard.length === 1);
    expect(gaps).toBe(0);
    await owner.kill();
    await until("the gap is told", () => gaps > 0);
    const member = startMember(path);
    await member.ask("listen", { topic: "b" });
    await member.ask("publish", { topic: "a", message: "after" });
    await until("it arrives", () => heard.includes("after"));
    expect(heard).toEqual(["before", "after"]);
  });

  test("keeps every publisher's order and repeats nothing, whoever comes, goes and is killed", async () => {
    const { next, rounds } = seededRandom();
    const path = temporaryFolder();
    const start = async () => {
      const member = startMember(path);
      await member.ask("listen", { topic: "t" });
      await member.ask("chatter", { topic: "t" });
      return member;
    };
    const members = await Promise.all([start(), start(), start()]);
    const all = [...members];
    for (let round = 0; round < rounds(3); round += 1) {
      const before = members.map((member) => heardBy(member).length);
      const enough = Math.floor(next() * 50);
      await until("all hear", () =>
        members.every((member, at) => heardBy(member).length > Number(before[at]) + enough),
      );
      const at = Math.floor(next() * members.length);
      if (next() < 0.5) await members[at]?.ask("close").catch(() => {});
      await members[at]?.kill();
      members[at] = await start();
      all.push(members[at] as TestProcess);
    }
    for (const member of members) await member.kill();
    for (const member of all) expectInOrder(heardBy(member));
  }, 120_000);

  test("lets its owner close at once although others wait", async () => {
    const path = temporaryFolder();
    const owner = startMember(path);
    await owner.ask("listen", { topic: "a" });
    const member = startMember(path);
    await member.ask("listen", { topic: "a" });
    const from = performance.now();
    await owner.ask("close");
    expect(performance.now() - from).toBeLessThan(5_000);
    await until("the other hears of the gap", () => member.said.some(({ gap }) => gap));
  });
});

/** A bus to an owner that answers when the test does. */
function openAsked(clock?: Clock) {
  const sent: {
    readonly method: string;
    readonly payload: JsonValue;
    readonly options: unknown;
    readonly answer: PromiseWithResolvers<JsonValue>;
  }[] = [];
  const bus = createSharedBus({
    ...(clock ? { clock } : {}),
    folder: {
      call(method, payload, options) {
        const answer = Promise.withResolvers<JsonValue>();
        sent.push({ method, payload, options, answer });
        return answer.promise;
      },
    },
  });
  const asked = (method: string, times = 1) => {
    const all = () => sent.filter((one) => one.method === `bus/${method}`);
    return until(`${times} × ${method}`, () => all().length >= times && all()[times - 1]);
  };
  return { bus, sent, asked };
}

test("what is published waits its turn, is never sent twice, and a lost batch is told as a gap", async () => {
  const { bus, sent } = openAsked();
  bus.publish("a", "1");
  bus.publish("b", "2");
  await until("the first batch is sent", () => sent.length === 1);
  bus.publish("a", "3");
  sent[0]?.answer.reject(new TrestleError("outcome_unknown", "The owner ended."));
  await until("the second batch is sent", () => sent.length === 2);
  expect(sent[0]).toMatchObject({
    payload: {
      items: [
        ["a", "1"],
        ["b", "2"],
      ],
      gap: false,
    },
    options: { repeatable: false },
  });
  bus.publish("a", "4");
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toHaveLength(2);
  expect(sent[1]).toMatchObject({ payload: { items: [["a", "3"]], gap: true } });
  sent[1]?.answer.resolve(null);
  await until("the third batch is sent", () => sent.length === 3);
  expect(sent[2]).toMatchObject({ payload: { items: [["a", "4"]], gap: false } });
  bus.publish("a", "5");
  sent[2]?.answer.reject(new Error("Nobody expected this."));
  await until("the fourth batch is sent", () => sent.length === 4);
  expect(sent[3]).toMatchObject({ payload: { items: [["a", "5"]], gap: true } });
  await bus.close();
  bus.publish("a", "6");
  sent[3]?.answer.resolve(null);
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toHaveLength(4);
});

test("more than may wait to be published is dropped, and told as a gap", async () => {
  const { bus, asked } = openAsked();
  for (let count = 0; count <= 10_000; count += 1) bus.publish("a", String(count));
  expect((await asked("publish")).payload).toEqual({ items: [["a", "10000"]], gap: true });
  await bus.close();
});

test("an owner that cannot be reached is asked again a moment later, and one that is closed no more", async () => {
  const clock = manualClock();
  const { bus, sent, asked } = openAsked(clock);
  const heard: string[] = [];
  const subscribing = bus.subscribe("a", { onMessage: (text) => heard.push(text) });
  (await asked("listen")).answer.resolve(null);
  await subscribing;
  (await asked("wait")).answer.reject(new TrestleError("unavailable", "Not now."));
  await until("it is asked again", () => {
    clock.advance(250);
    return sent.filter(({ method }) => method === "bus/wait").length === 2;
  });
  const items = [["a", "1"]];
  (await asked("wait", 2)).answer.resolve({ known: true, gap: false, items });
  const closed = new TrestleError("unavailable", "It is closed.", { retryable: false });
  (await asked("wait", 3)).answer.reject(closed);
  expect(heard).toEqual(["1"]);
  const again = bus.subscribe("b", { onMessage: () => {} });
  (await asked("listen", 2)).answer.resolve(null);
  await again;
  // Only who subscribed since asks.
  const last = await asked("wait", 4);
  expect(sent.at(-1)).toBe(last);
  last.answer.reject(closed);
  await bus.close();
});

describe("the hub", () => {
  const signal = new AbortController().signal;

  function openHub() {
    const clock = manualClock();
    const hub = createBusHub({ clock });
    const ask = (method: string, payload: object) =>
      hub.answer(`bus/${method}`, payload as never, signal);
    return { clock, hub, ask };
  }

  test("keeps what comes between two questions, within bounds, and tells what it dropped", async () => {
    const { ask } = openHub();
    await ask("listen", { subscriber: "s", topics: ["a"] });
    const megabyte = "x".repeat(1024 * 1024);
    for (let count = 0; count < 12; count += 1) {
      await ask("publish", { items: [["a", `${count}${megabyte}`]] });
    }
    const delivery = await ask("wait", { subscriber: "s" });
    const { gap, items } = delivery as unknown as { gap: boolean; items: [string, string][] };
    expect(gap).toBe(true);
    expect(items.map(([, message]) => message.replace(megabyte, ""))).toEqual([
      "5",
      "6",
      "7",
      "8",
      "9",
      "10",
      "11",
    ]);
  });

  test("forgets a subscriber that asks no more, and one whose process is gone", async () => {
    const { ask, clock, hub } = openHub();
    const unknown = { known: false, gap: false, items: [] };
    await ask("listen", { subscriber: "s", topics: ["a"] });
    clock.advance(30_000);
    expect(await ask("wait", { subscriber: "s" })).toEqual(unknown);
    await ask("listen", { subscriber: "t", topics: ["a"] });
    const gone = new AbortController();
    const waiting = hub.answer("bus/wait", { subscriber: "t" }, gone.signal);
    gone.abort();
    expect(await waiting).toEqual(unknown);
    expect(await ask("wait", { subscriber: "t" })).toEqual(unknown);
    expect(hub.answer("other", {}, signal)).toBeUndefined();
  });

  test("tells what comes to the last question of a subscriber, and nothing to those before", async () => {
    const { ask, clock } = openHub();
    await ask("listen", { subscriber: "s", topics: ["a"] });
    const first = ask("wait", { subscriber: "s" });
    const second = ask("wait", { subscriber: "s" });
    void ask("publish", { items: [["a", "1"]] });
    expect(await first).toEqual({ known: true, gap: false, items: [] });
    expect(await second).toEqual({ known: true, gap: false, items: [["a", "1"]] });
    const third = ask("wait", { subscriber: "s" });
    clock.advance(30_000);
    void ask("publish", { items: [["a", "2"]] });
    expect(await third).toMatchObject({ known: true, items: [["a", "2"]] });
  });

  test("keeps a subscriber that came back, whatever becomes of its earlier questions", async () => {
    const { ask, hub } = openHub();
    const listen = () => ask("listen", { subscriber: "s", topics: ["a"] });
    const [one, other] = [new AbortController(), new AbortController()];
    await listen();
    const first = hub.answer("bus/wait", { subscriber: "s" }, one.signal);
    const second = hub.answer("bus/wait", { subscriber: "s" }, other.signal);
    one.abort();
    void listen();
    other.abort();
    expect(await Promise.all([first, second])).toMatchObject([{ known: false }, { known: false }]);
    void ask("publish", { items: [["a", "1"]] });
    expect(await ask("wait", { subscriber: "s" })).toMatchObject({ items: [["a", "1"]] });
    const late = hub.answer("bus/wait", { subscriber: "s" }, AbortSignal.abort());
    expect(await late).toMatchObject({ known: false });
  });
});

/** Each reads "publisher number". */
function expectInOrder(heard: readonly string[]): void {
  const last = new Map<string, number>();
  for (const message of heard) {
    const [publisher = "", number] = message.split(" ");
    expect(Number(number)).toBeGreaterThan(last.get(publisher) ?? 0);
    last.set(publisher, Number(number));
  }
}
