import { setTimeout as pause } from "node:timers/promises";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectEra } from "./_era-clients.ts";
import { connectFeed } from "./_feed.ts";
import { dataOf, HTTP_KEY, type SharedBridge, startThree } from "./_shared-bridges.ts";

let three: Awaited<ReturnType<typeof startThree>>;
beforeAll(async () => {
  three = await startThree({ results: { maxBytes: 2_000 } });
});
afterAll(() => three?.end());

const restOf = ({ url }: SharedBridge): string => url.replace(/\/mcp$/, "/api/mcp");

/** Logs in at one bridge. */
async function logIn(bridge: SharedBridge, key: string) {
  const response = await fetch(`${restOf(bridge)}/login`, {
    method: "POST",
    headers: { "x-api-key": key },
  });
  expect(response.status).toBe(200);
  const { data } = (await response.json()) as { data: JsonObject };
  const [cookie = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  return { cookie, "x-csrf-token": String(data.csrf_token) };
}

/** 0 where the connection ends: it may be cut off with the session. */
const statusOf = (bridge: SharedBridge, cookie: string): Promise<number> =>
  fetch(`${restOf(bridge)}/session`, { headers: { cookie } }).then(
    ({ status }) => status,
    () => 0,
  );

const logOut = (bridge: SharedBridge, headers: { cookie: string; "x-csrf-token": string }) =>
  fetch(`${restOf(bridge)}/logout`, { method: "POST", headers });

async function makeKey(): Promise<string> {
  const made = await three.bridges[0].ask("POST", "keys", { name: "person" });
  const key = String(dataOf(made).key);
  for (const bridge of three.bridges) {
    // Many wrong keys in a row are refused whatever they are.
    while ((await bridge.call("one.read", { text: "a" }, key)).status !== 200) await pause(100);
  }
  return key;
}

test("who logs out at one bridge is logged out at all within a second, and what they have open ends", async () => {
  const { bridges } = three;
  const [first, second, third] = bridges;
  const browser = await logIn(first, await makeKey());
  for (const bridge of bridges) expect(await statusOf(bridge, browser.cookie)).toBe(200);
  const feed = await connectFeed(third.url, { headers: { cookie: browser.cookie } });
  await feed.subscribe({ topics: ["*"] });
  expect((await logOut(second, browser)).status).toBe(200);
  const began = performance.now();
  for (const bridge of bridges) while ((await statusOf(bridge, browser.cookie)) !== 401);
  expect(performance.now() - began).toBeLessThan(1_000);
  expect([1006, 4401]).toContain(await feed.closed);
});

test("who logged out while Redis was gone is logged out at all once it is back, also where one starts then", async () => {
  const [first, second] = three.bridges;
  const { cookie, ...csrf } = await logIn(first, await makeKey());
  await three.redis.kill();
  const began = performance.now();
  expect((await logOut(first, { cookie, ...csrf })).status).toBe(200);
  expect(performance.now() - began).toBeLessThan(2_000);
  await three.redis.restart();
  let status = 0;
  while (status !== 401) status = await statusOf(second, cookie);
  const late = await three.start();
  expect(await statusOf(late, cookie)).toBe(401);
});

test("a result that one bridge has shortened is read on at another, and stands for itself in calls there", async () => {
  const [first, second] = three.bridges;
  for (const bridge of [first, second]) while ((await bridge.health()).status !== "ok");
  const headers = { authorization: `Bearer ${HTTP_KEY}` };
  const here = await connectEra({ era: "modern", reach: first, headers });
  const there = await connectEra({ era: "modern", reach: second, headers });
  // More than one message between the bridges holds.
  const text = "0123456789".repeat(120_000);
  const short = await here.call("one__read", { text });
  const meta = (short._meta as JsonObject)["trestle/result"] as JsonObject;
  const { handle } = meta as { handle: string };
  expect(meta.size).toBe(text.length);

  const read = await second.ask(
    "POST",
    "tool/call",
    {
      tool: "bridge.read_result",
      arguments: { handle, offset: 599_995, length: 10 },
    },
    HTTP_KEY,
  );
  expect(read.status, JSON.stringify(read.body)).toBe(200);
  expect(JSON.stringify(read.body.data)).toContain("5678901234");
  const echoed = await there.call("one__read", { text: `result://${handle}` });
  const again = (echoed._meta as JsonObject)["trestle/result"];
  expect(isJsonObject(again) && again.size).toBe(text.length);
  // To others than its caller it is nothing.
  const stranger = await second.ask("POST", "tool/call", {
    tool: "bridge.read_result",
    arguments: { handle },
  });
  expect(JSON.stringify(stranger.body)).toContain("no result is kept under this handle");
  await here.close();
  await there.close();
});
