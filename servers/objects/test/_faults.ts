import { seededRandom, until } from "@trestle/testkit/surroundings";
import { startTcpProxy, type TcpProxy } from "@trestle/testkit/tcp-proxy";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createObjectsClient, type ObjectsClient } from "../src/client/client.ts";
import type { ClientEvent } from "../src/client/settings.ts";
import { createWatchRecord, type WatchRecord } from "./_watch-record.ts";
import { type HostUnderTest, tokenOf } from "./_worker-host.ts";

const QUICK = {
  backoff: { baseMs: 20, mostMs: 200 },
  breaker: { failures: 5, openMs: 50 },
  heartbeat: { everyMs: 200, withinMs: 300, connectMs: 1_000, stableMs: 500 },
  outbox: { most: 1_000, timeoutMs: 30_000, requestMs: 500, offline: "queue" },
} as const;
const CALLS = 200;

/** Whatever the network does: each call is done once, each watcher is told everything once, and in order. */
export function describeNetworkFaults(start: () => Promise<HostUnderTest>): void {
  let host: HostUnderTest;
  let proxy: TcpProxy;
  let client: ObjectsClient;
  let record: WatchRecord;
  let events: ClientEvent[];
  let objects = 0;
  const name = () => `faults-${objects}`;

  beforeAll(async () => {
    host = await start();
  });
  afterAll(() => host.close());
  beforeEach(async () => {
    objects += 1;
    events = [];
    proxy = await startTcpProxy(Number(new URL(host.url).port));
    const url = `http://127.0.0.1:${proxy.port}`;
    client = createObjectsClient({
      url,
      ...tokenOf(host),
      ...QUICK,
      onEvent: (event) => events.push(event),
    });
    record = createWatchRecord();
    await client.object("counter", name()).initialize();
  });
  afterEach(async () => {
    client.close();
    await proxy.close();
  });

  /** Calls over the socket that is watched with, and over HTTP, while the network does what it does. */
  async function play(trouble: (call: number) => void): Promise<void> {
    const watched = client.object("counter", name());
    const unwatched = client.object("counter", name());
    watched.watch(record.take, { state: true });
    const calls: Promise<unknown>[] = [];
    for (let call = 0; call < CALLS; call += 1) {
      calls.push((call % 2 === 0 ? watched : unwatched).call("increment"));
      if (call % 10 !== 9) continue;
      trouble(call);
      await Promise.race([Promise.allSettled(calls), pause(30)]);
    }
    proxy.weather("fine");
    proxy.cutAfter(undefined);
    proxy.delay(0);
    await Promise.all(calls);
    const direct = createObjectsClient({ url: host.url, ...tokenOf(host) });
    const { seq, state } = await direct.object("counter", name()).get();
    direct.close();
    expect(state).toEqual({ value: CALLS });
    await until("the watcher converges", () => record.seq === seq);
    expect(record.faults).toEqual([]);
    expect(record.state).toEqual(state);
  }

  test("connections that are cut", () => play(() => proxy.cut()));

  test("connections that are cut in the middle of what the host says", () =>
    play((call) => proxy.cutAfter(300 + call * 20)));

  test("everything takes long, and longer than a request may", () =>
    play((call) => proxy.delay(call < CALLS / 2 ? 100 : 400)));

  test("connections that stand and carry nothing", async () => {
    await play((call) => proxy.weather(call % 40 === 19 ? "silent" : "fine"));
    expect(events.some(({ type }) => type === "connection")).toBe(true);
  });

  test("a host that is not there for a while", () =>
    play((call) => {
      proxy.weather(call % 60 < 30 ? "fine" : "refusing");
      proxy.cut();
    }));

  test("all of it, in any order", async () => {
    const random = seededRandom();
    const troubles = [
      () => proxy.cut(),
      () => proxy.cutAfter(200 + random.below(5_000)),
      () => proxy.delay(random.below(200)),
      () => proxy.weather(random.pick(["fine", "fine", "silent", "refusing"] as const)),
    ];
    await play(() => random.pick(troubles)());
  });

  test("the calls of an object keep their order over losses of its connection", async () => {
    const counter = client.object("counter", name());
    counter.watch(() => {});
    const answers = Array.from({ length: 60 }, (_, index) => {
      if (index % 7 === 3) setTimeout(() => proxy.cut(), index);
      return counter.call("increment");
    });
    const seqs = (await Promise.all(answers)).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 2));
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
