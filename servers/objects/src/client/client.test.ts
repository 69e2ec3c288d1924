import { until } from "@trestle/testkit/surroundings";
import { startTcpProxy, type TcpProxy } from "@trestle/testkit/tcp-proxy";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createObjectsClient, type ObjectsClient } from "./client.ts";
import type { ClientEvent, ObjectsClientOptions } from "./settings.ts";

/** Nothing listens behind it: the host is away. */
const NOWHERE = 1;
const OUTBOX = { most: 2, timeoutMs: 300, requestMs: 200, offline: "queue" } as const;
const QUICK = {
  backoff: { baseMs: 10, mostMs: 50 },
  breaker: { failures: 2, openMs: 60_000 },
};

let proxy: TcpProxy;
let client: ObjectsClient;
let events: ClientEvent[];

beforeEach(async () => {
  events = [];
  proxy = await startTcpProxy(NOWHERE);
});
afterEach(async () => {
  client.close();
  await proxy.close();
});

function open(options: Partial<ObjectsClientOptions> = {}) {
  const url = `http://127.0.0.1:${proxy.port}`;
  const onEvent = (event: ClientEvent) => void events.push(event);
  client = createObjectsClient({ url, ...QUICK, outbox: OUTBOX, onEvent, ...options });
  return client.object("counter", "a");
}

test("a call that was never answered says whether it may have been done, and under which key", async () => {
  const counter = open();
  const sent = counter.call("increment", {}, { key: "first" });
  const waiting = counter.call("increment", {}, { key: "second" });
  await expect(sent).rejects.toMatchObject({
    code: "unavailable",
    details: { outcome: "unknown", key: "first" },
  });
  await expect(waiting).rejects.toMatchObject({
    code: "unavailable",
    details: { outcome: "not_sent", key: "second" },
  });
});

test("no more calls wait than may", async () => {
  const counter = open();
  const waiting = [counter.call("increment"), counter.call("increment")];
  await expect(counter.call("increment")).rejects.toMatchObject({ code: "rate_limited" });
  await Promise.allSettled(waiting);
});

test("a caller takes back what still waits", async () => {
  const counter = open();
  const back = new AbortController();
  const waiting = counter.call("increment", {}, { signal: back.signal, timeoutMs: 60_000 });
  back.abort();
  await expect(waiting).rejects.toMatchObject({ code: "unavailable" });
});

test("a breaker that is open refuses calls at once, where that is wanted", async () => {
  const counter = open({ outbox: { ...OUTBOX, offline: "fail", timeoutMs: 60_000 } });
  const first = counter.call("increment");
  await until("the breaker is open", () => client.breaker === "open");
  await expect(counter.call("increment")).rejects.toMatchObject({
    code: "unavailable",
    details: { outcome: "not_sent" },
  });
  await expect(client.health()).rejects.toMatchObject({ code: "unavailable" });
  const attempts = proxy.taken.length;
  client.close();
  await expect(first).rejects.toMatchObject({ code: "unavailable" });
  expect(attempts).toBe(QUICK.breaker.failures);
  expect(events).toContainEqual({ type: "breaker", state: "open" });
});

test("names that cannot be are refused before anything is asked", () => {
  open();
  expect(() => client.object("Counter", "a")).toThrow("An object is named");
  expect(() => client.object("counter", "../a")).toThrow("An object is named");
  expect(proxy.taken).toEqual([]);
});
