import { setTimeout as pause } from "node:timers/promises";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dataOf, LIMIT, type SharedBridge, startThree } from "./_shared-bridges.ts";

let three: Awaited<ReturnType<typeof startThree>>;
beforeAll(async () => {
  three = await startThree();
});
afterAll(() => three?.end());

async function createKey(bridge: SharedBridge, more: JsonObject = {}) {
  const made = dataOf(await bridge.ask("POST", "keys", { name: "a client", ...more }));
  return { id: String(made.id), text: String(made.key) };
}

const statusOf = async (bridge: SharedBridge, key: string): Promise<number> =>
  (await bridge.call("one.read", { text: "hello" }, key)).status;

/** Asks until the answer is that one; how long that took. */
async function becomes(bridge: SharedBridge, key: string, status: number): Promise<number> {
  const began = performance.now();
  while ((await statusOf(bridge, key)) !== status) {
    await pause(100); // many wrong keys in a row are refused whatever they are
    if (performance.now() - began > 25_000) throw new Error(`never ${status}`);
  }
  return performance.now() - began;
}

const isDown = async (bridge: SharedBridge): Promise<boolean> => {
  const { shared } = await bridge.health();
  return isJsonObject(shared) && shared.redis === "down";
};

async function all(bridges: readonly SharedBridge[], down: boolean): Promise<void> {
  for (const bridge of bridges) while ((await isDown(bridge)) !== down);
}

test("a key that one bridge made is good at all, and refused by all within a second of its revocation", async () => {
  const { bridges } = three;
  const [first, second, third] = bridges;
  const { id, text } = await createKey(first);
  for (const bridge of bridges) await becomes(bridge, text, 200);

  expect((await second.ask("DELETE", `keys/${id}`)).status).toBe(200);
  const revoked = performance.now();
  for (const bridge of [second, first, third]) await becomes(bridge, text, 401);
  expect(performance.now() - revoked).toBeLessThan(1_000);

  const listed = dataOf(await third.ask("GET", "keys")).keys as JsonObject[];
  expect(listed).toMatchObject([{ id, state: "revoked" }]);
});

test("without Redis all go on and say so; a key revoked meanwhile is refused by all once it is back", async () => {
  const { bridges, redis, start } = three;
  const [first, second, third] = bridges;
  const { id, text } = await createKey(first);
  for (const bridge of bridges) await becomes(bridge, text, 200);

  await redis.kill();
  await all(bridges, true);
  for (const bridge of bridges) {
    const began = performance.now();
    expect(await statusOf(bridge, text)).toBe(200);
    expect(performance.now() - began).toBeLessThan(2_000);
    const { status, reasons } = await bridge.health();
    expect(status).toBe("degraded");
    expect(String(reasons)).toMatch(/Redis at .*127\.0\.0\.1:\d+ cannot be reached/);
  }
  expect((await third.ask("DELETE", `keys/${id}`)).status).toBe(200);
  expect(await statusOf(third, text)).toBe(401);
  // Nothing of ours tells the others; and one that starts now knows no key, and lets nobody in for that.
  const late = await start();
  expect(await statusOf(late, "")).toBe(401);

  await redis.restart();
  await all([...bridges, late], false);
  for (const bridge of [...bridges, late]) await becomes(bridge, text, 401);
  expect((await second.health()).status).toBe("ok");
});

test("what one Redis has lost, the bridges give it back", async () => {
  const { bridges, redis, start } = three;
  const { text } = await createKey(bridges[0]);
  for (const bridge of bridges) await becomes(bridge, text, 200);
  await redis.kill();
  await all(bridges, true);
  redis.lose();
  await redis.restart();
  await all(bridges, false);
  const late = await start();
  await becomes(late, text, 200);
});

test("a limit is one for all bridges", async () => {
  const { bridges } = three;
  const taken = await Promise.all(
    Array.from({ length: 36 }, (_, call) =>
      (bridges[call % 3] as SharedBridge).call("one.echo", { text: String(call) }),
    ),
  );
  const statuses = taken.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
  expect(statuses.filter((status) => status === 429)).toHaveLength(36 - LIMIT);
});
