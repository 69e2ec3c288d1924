import { join } from "node:path";
import { type JsonObject, silentLogger } from "@trestle/protocol";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import type { OnChange } from "../src/objects.ts";
import type { ObjectEvent, ObjectRef } from "../src/protocol.ts";
import { createTelling } from "../src/telling.ts";
import { startLocalHost } from "./_local-host.ts";
import { CONTEXT, mountServer } from "./_mount.ts";

const visits = { class: "counter", id: "visits" };
const add = { ...visits, method: "increment" };
const uri = "object://counter/visits";

test("changes of another process are told while somebody watches, each once and in order", async () => {
  const home = temporaryFolder();
  const settings = { OBJECTS_DATA_DIR: join(home, "objects") };
  const first = mountServer(home, settings);
  const told: unknown[] = [];
  const second = mountServer(home, settings, {
    publish: (_topic, { seq }) => void told.push(seq),
  });
  onTestFinished(() => second.close());
  await first.call("object_initialize", visits);
  await second.call("object_call", add);
  expect(told).toEqual([]);
  await second.instance.request("resources/subscribe", { uri }, CONTEXT);
  await first.call("object_call", add);
  await second.call("object_call", add);
  await until("both are told", () => told.length === 2);
  await first.close();
  for (let n = 0; n < 3; n += 1) await second.call("object_call", add);
  await until("the next are told", () => told.length >= 5);
  await second.instance.request("resources/unsubscribe", { uri }, CONTEXT);
  await second.call("object_call", add);
  expect(told).toEqual([3, 4, 5, 6, 7, 8]);
});

test("changes at another host are told while somebody watches, also after it was killed", async () => {
  const host = await startLocalHost();
  onTestFinished(() => host.close());
  const settings = { OBJECTS_URL: host.url, OBJECTS_TOKEN: host.token };
  const told: unknown[] = [];
  const watching = mountServer(temporaryFolder(), settings, {
    publish: (topic, { seq }) => void told.push([topic, seq]),
  });
  const calling = mountServer(temporaryFolder(), settings);
  onTestFinished(() => watching.close());
  onTestFinished(() => calling.close());
  await calling.call("object_initialize", visits);
  await watching.instance.request("resources/subscribe", { uri }, CONTEXT);
  await calling.call("object_call", add);
  await until("it is told", () => told.length === 1);
  await host.kill();
  await host.startAgain();
  await calling.call("object_call", add);
  await until("the next is told", () => told.length === 2);
  expect(told).toEqual([
    ["object:counter/visits", 2],
    ["object:counter/visits", 3],
  ]);
}, 30_000);

const event = (seq: number): ObjectEvent => ({
  ...{ seq, at: 0, kind: "called", method: "increment", caller: "a", callId: "b" },
  events: [{ value: seq }],
});

function openTelling(publish: (payload: JsonObject) => void) {
  const telling = createTelling({
    publish: (_topic, payload) => publish(payload),
    log: silentLogger,
  });
  let tell: OnChange = () => {};
  const followed = {
    events: async () => ({ events: [], seq: 4, complete: true }),
    async follow(_ref: ObjectRef, onChange: OnChange) {
      tell = onChange;
      return () => {};
    },
  };
  const objects = telling.around(followed, { mayStore: true });
  const hear = (seq: number) => {
    const bare = JSON.stringify({ type: "event", ...event(seq) });
    tell({ kind: "event", seq, frames: { bare, whole: bare } });
  };
  return { telling, objects, hear, lose: () => tell({ kind: "lost" }) };
}

test("what was stored before by another process is told before what is stored here", async () => {
  const told: unknown[] = [];
  const { telling, objects, hear, lose } = openTelling(({ seq, kind }) => {
    told.push(seq ?? kind);
  });
  const end = await objects.follow(visits, () => {});
  telling.stored(visits, event(7));
  for (const seq of [5, 6, 7]) hear(seq);
  telling.stored(visits, event(8));
  hear(8);
  lose();
  telling.stored(visits, event(3));
  end();
  telling.stored(visits, event(9));
  expect(told).toEqual([5, 6, 7, 8, "lost", 3, 9]);
});

test("a change that is too large for the host is told without what it said", () => {
  const told: JsonObject[] = [];
  const { telling } = openTelling((payload) => {
    if (JSON.stringify(payload).length > 1_000) throw new Error("too large");
    told.push(payload);
  });
  telling.stored(visits, { ...event(2), events: ["x".repeat(2_000)] });
  expect(told).toEqual([{ ...event(2), events: [], omitted: true }]);
});
