import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  dataOf,
  openSharedBridges,
  type SharedBridge,
  type SharedBridges,
} from "./_shared-bridges.ts";

let shared: SharedBridges;
let bridges: [SharedBridge, SharedBridge];
beforeAll(async () => {
  const fallback = [{ kind: "review", message: "Was it done?" }];
  const policy = { timeout: { attemptMs: 1_500 }, tools: { write: { fallback } } };
  shared = await openSharedBridges({}, { policy });
  bridges = await Promise.all([shared.start(), shared.start()]);
});
afterAll(() => shared?.end());

/** A write that takes too long, so that a person decides; where it is in the queue. */
async function queue(bridge: SharedBridge, key: string): Promise<string> {
  await bridge.call("one.write", { key, beforeMs: 60_000 });
  const found = (await waitingAt(bridge)).find(
    ({ arguments: args }) => (args as JsonObject).key === key,
  );
  expect(found, "it waits").toBeDefined();
  return String(found?.id);
}

async function waitingAt(bridge: SharedBridge): Promise<JsonObject[]> {
  const answer = await bridge.ask("GET", "review?state=waiting");
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return dataOf(answer).items as JsonObject[];
}

const idsAt = async (bridge: SharedBridge): Promise<unknown[]> =>
  (await waitingAt(bridge)).map(({ id }) => id);

const decide = (bridge: SharedBridge, id: string, decision: string, more: JsonObject = {}) =>
  bridge.ask("POST", `review/${id}`, { decision, ...more });

const withoutDelay = (key: string): JsonObject => ({ arguments: { key } });

/** How often the server has written under that key. */
function written(key: string): number {
  const text = readFileSync(join(shared.root, "effects"), { encoding: "utf8", flag: "a+" });
  return text.split("\n").filter((line) => line.includes(key)).length;
}

test("an item that one bridge holds is seen, rejected and approved at another, once", async () => {
  const [first, second] = bridges;
  const rejected = await queue(first, "rejected");
  const approved = await queue(first, "approved");
  expect(await idsAt(second)).toEqual([approved, rejected]);
  const shown = dataOf(await second.ask("GET", `review/${approved}`));
  expect(shown).toMatchObject({ id: approved, arguments: { key: "approved" }, state: "waiting" });

  expect((await decide(second, rejected, "reject", { reason: "No." })).status).toBe(200);
  const before = written("approved");
  const both = await Promise.all(
    bridges.map((bridge) => decide(bridge, approved, "approve", withoutDelay("approved"))),
  );
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  expect(written("approved") - before).toBe(1);
  for (const bridge of bridges) {
    expect(await idsAt(bridge)).toEqual([]);
    const { state } = dataOf(await bridge.ask("GET", `review/${approved}`));
    expect(state).toBe("done");
  }
});

test("what a bridge that died held is decided at another, and not again when it is back", async () => {
  const [first] = bridges;
  const doomed = await shared.start();
  const id = await queue(doomed, "left behind");
  process.kill(doomed.pid, "SIGKILL");
  await doomed.exited;
  expect(await idsAt(first)).toEqual([id]);
  const before = written("left behind");
  const done = await decide(first, id, "approve", withoutDelay("left behind"));
  expect(dataOf(done), JSON.stringify(done.body)).toMatchObject({ id, state: "done" });
  expect(written("left behind") - before).toBe(1);

  const again = await shared.start(doomed.home);
  for (const bridge of [again, ...bridges]) expect(await idsAt(bridge)).toEqual([]);
  expect((await decide(again, id, "approve")).status).toBe(409);
  expect(written("left behind") - before).toBe(1);
});

test("without Redis what waits is seen where it is, and decided when Redis is back", async () => {
  const [first, second] = bridges;
  await shared.redis.kill();
  const id = await queue(first, "in an outage");
  const began = performance.now();
  expect((await decide(first, id, "reject")).status).toBe(503);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(await idsAt(first)).toEqual([id]);
  await shared.redis.restart();
  while (String(await idsAt(second)) !== id);
  expect((await decide(second, id, "reject")).status).toBe(200);
  expect(await idsAt(first)).toEqual([]);
});
