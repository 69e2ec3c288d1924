import { TrestleError } from "@trestle/protocol";
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

test("what is published waits its turn, is never sent twice, and a lost batch is told as a gap", async () => {
  const sent: { payload: unknown; options: unknown; answer: PromiseWithResolvers<null> }[] = [];
  const bus = createSharedBus({
    folder: {
      call(_method, payload, options) {
        const answer = Promise.withResolvers<null>();
        sent.push({ payload, options, answer });
        return answer.promise;
      },
    },
  });
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
