import { type JsonObject, silentLogger } from "@trestle/protocol";
import { type Bus, createMemoryBus } from "@trestle/store";
import { manualClock, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { createPeers } from "./peers.ts";
import type { Replicas } from "./replicas.ts";

const replicas: Replicas = {
  count: () => 2,
  others: () => [],
  isAlive: () => true,
  onLook: () => () => {},
  beat: async () => {},
  close: async () => {},
};

/** Two on one bus, which swallows what is published while `isDeaf`, as Redis does where nobody listens yet. */
async function openTwo() {
  const clock = manualClock();
  const bus = createMemoryBus();
  const swallowing = { isDeaf: false, published: 0 };
  const gaps: (() => void)[] = [];
  const between: Bus = {
    ...bus,
    publish(topic, message) {
      swallowing.published += 1;
      if (!swallowing.isDeaf) bus.publish(topic, message);
    },
    subscribe(topic, listener) {
      gaps.push(() => listener.onGap?.());
      return bus.subscribe(topic, listener);
    },
  };
  let ids = 0;
  async function open(replica: string) {
    const newId = (): string => {
      ids += 1;
      return `${replica} ${ids}`;
    };
    const parts = { bus: between, replica, replicas, clock, log: silentLogger, newId };
    const peers = await createPeers(parts);
    onTestFinished(() => peers.close());
    return peers;
  }
  const [one, other] = [await open("one"), await open("other")];
  const asked: JsonObject[] = [];
  const { promise: may, resolve: finish } = Promise.withResolvers<void>();
  other.answer("add", async ({ payload }) => {
    asked.push(payload);
    await may;
    return { sum: Number(payload.a) + Number(payload.b) };
  });
  const tellGap = (): void => {
    for (const tell of gaps) tell();
  };
  return { clock, one, swallowing, asked, finish, tellGap };
}

test("a question that nobody heard is asked until it is heard, and done once", async () => {
  const { clock, one, swallowing, asked, finish } = await openTwo();
  swallowing.isDeaf = true;
  const answer = one.ask("other", "add", { a: 1, b: 2 });
  await until("it was asked", () => swallowing.published === 1);
  clock.advance(1_000);
  expect([swallowing.published, asked.length]).toEqual([2, 0]);
  swallowing.isDeaf = false;
  clock.advance(1_000);
  await until("it is heard", () => asked.length === 1);
  const { published } = swallowing;
  clock.advance(10_000);
  expect(swallowing.published, "nobody asks for what was heard").toBe(published);
  finish();
  expect(await answer).toEqual({ sum: 3 });
  expect(asked).toHaveLength(1);
  expect(clock.armed(), "only what is remembered").toBe(1);
});

test("an answer that nobody heard is given again", async () => {
  const { one, swallowing, asked, finish, tellGap } = await openTwo();
  const answer = one.ask("other", "add", { a: 1, b: 2 });
  await until("it is heard", () => asked.length === 1);
  swallowing.isDeaf = true;
  const { published } = swallowing;
  finish();
  await until("it is answered", () => swallowing.published === published + 1);
  swallowing.isDeaf = false;
  tellGap();
  expect(await answer).toEqual({ sum: 3 });
  expect(asked).toHaveLength(1);
});
