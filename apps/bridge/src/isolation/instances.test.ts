import {
  type Attempt,
  LOCAL_PRINCIPAL,
  openSession,
  type RequestContext,
  systemClock,
} from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";
import { expect, test } from "vitest";
import { createInstances, type Instance, type InstanceParts } from "./instances.ts";

/** Upstreams that only end, each when it is told to. */
function createPool(maxInstances: number, more: Partial<InstanceParts> = {}) {
  const closed: (() => void)[] = [];
  const instances = createInstances({
    ...{ id: "web", isolation: "pooled", maxInstances },
    onEvent: () => {},
    clock: systemClock,
    isKnown: () => true,
    open: () =>
      ({
        subscribe: () => () => {},
        close: () => new Promise<void>((resolve) => closed.push(resolve)),
      }) as unknown as Upstream,
    ...more,
  });
  return { instances, closed };
}

function contextOf(name: string, more: Partial<RequestContext> = {}): RequestContext {
  return {
    principal: LOCAL_PRINCIPAL,
    session: openSession(name),
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
    ...more,
  };
}

const done = (instance: Instance): void => {
  instance.running -= 1;
};

test("who waits for a place leaves the queue when nobody waits for the answer any more", async () => {
  const { instances, closed } = createPool(1);
  const first = await instances.take(contextOf("first"));
  first.running += 1;
  const gone = new AbortController();
  const attempt: Attempt = {};
  const aborted = instances.take(contextOf("aborted", { signal: gone.signal }));
  const late = instances.take(contextOf("late", { attempt }));
  const patient = instances.take(contextOf("patient"));
  gone.abort();
  await expect(aborted).rejects.toMatchObject({ code: "cancelled", details: { sent: false } });
  attempt.cancel?.(new Error("too late"));
  await expect(late).rejects.toMatchObject({ code: "cancelled", details: { sent: false } });
  expect(attempt.cancel).toBeUndefined();
  done(first);
  instances.used(first);
  await expect.poll(() => closed.length, { timeout: 5_000 }).toBe(1);
  expect(instances.all(), "nobody comes before the one that goes is gone").toEqual([]);
  closed[0]?.();
  expect((await patient).holder).not.toBe(first.holder);
});

test("places are given in the order of the asking", async () => {
  const { instances, closed } = createPool(1);
  const first = await instances.take(contextOf("first"));
  first.running += 1;
  const order: string[] = [];
  const ask = async (name: string): Promise<void> => {
    const instance = await instances.take(contextOf(name));
    order.push(name);
    instances.used(instance);
  };
  const all = ["a", "b", "c"].map(ask);
  done(first);
  instances.used(first);
  const ending = setInterval(() => {
    for (const end of closed.splice(0)) end();
  }, 1);
  await Promise.all(all);
  clearInterval(ending);
  expect(order).toEqual(["a", "b", "c"]);
});

test("a closed pool refuses whoever waits", async () => {
  const { instances, closed } = createPool(1);
  const first = await instances.take(contextOf("first"));
  first.running += 1;
  const waiting = instances.take(contextOf("waiting"));
  const closing = instances.close();
  for (const end of closed) end();
  await expect(waiting).rejects.toMatchObject({ code: "unavailable", details: { sent: false } });
  await closing;
});

test("the instance of a principal ends when its key does not hold any more", async () => {
  let look = (): void => {};
  const clock = {
    now: () => 0,
    after(_ms: number, work: () => void) {
      look = work;
      return () => {};
    },
  };
  const known = new Set(["key:a", "key:b"]);
  const isKnown = (id: string): boolean => known.has(id);
  const { instances } = createPool(9, { isolation: "principal", clock, isKnown });
  for (const id of known) await instances.take(contextOf(id, { principal: { id, kind: "key" } }));
  look();
  expect(instances.all().map(({ holder }) => holder)).toEqual(["key:a", "key:b"]);
  known.delete("key:a");
  look();
  expect(instances.all().map(({ holder }) => holder)).toEqual(["key:b"]);
});
