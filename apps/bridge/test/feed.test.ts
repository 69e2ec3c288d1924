import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openKeyStore } from "@trestle/access";
import type { JsonObject } from "@trestle/protocol";
import { systemClock } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { connectFeed, feedRefusal } from "./_feed.ts";
import { callByHttp } from "./_peer.ts";
import { createPlace, type Place, serve } from "./_place.ts";
import { kill, until } from "./_processes.ts";
import { entry, serversOf } from "./_upstreams.ts";

const TELLER = fileURLToPath(new URL("./fixtures/teller.ts", import.meta.url));

function openPlace(more: JsonObject = {}): Place {
  const place = createPlace();
  const one = { ...entry(place, "one"), ...more };
  place.configure({ mcpServers: { one, teller: { embedded: TELLER } } });
  return place;
}

const headersOf = (key?: string) => (key === undefined ? undefined : { "x-api-key": key });
const tell = (url: string, topic: string, payload: JsonObject, key?: string) =>
  callByHttp(url, "teller__tell", { topic, payload }, headersOf(key));

/** Keys as another process of the home makes them. */
async function openKeys(place: Place) {
  const keys = await openKeyStore({
    file: join(place.home, "bridge", "keys.db"),
    clock: systemClock,
  });
  onTestFinished(() => keys.close());
  return keys;
}

test("whoever subscribes hears of calls and servers, and resumes where it was", async () => {
  const place = openPlace();
  const { url } = await serve(place);
  const first = await connectFeed(url);
  await first.subscribe({ topics: ["call.*", "server.*"], since: 0 });
  await callByHttp(url, "one__echo", { text: "secret words" });
  await until("the call", () => first.topics().includes("call.success"));
  expect(first.topics()).toContain("server.ready");
  expect(first.frames.at(-1)).toMatchObject({
    payload: { server: "one", tool: "echo", outcome: "success", executionId: expect.any(String) },
  });
  expect(JSON.stringify(first.frames)).not.toContain("secret words");
  first.socket.terminate();
  const { seq } = first.frames.at(-1) as { seq: number };
  for (const pid of serversOf(place, "one")) kill(pid);
  await callByHttp(url, "one__echo", { fail: true });
  const second = await connectFeed(url);
  await second.subscribe({ topics: ["call.*", "server.*"], since: seq });
  await until("what was missed", () => second.topics().length === 3);
  expect(second.topics()).toEqual(["server.lost", "server.ready", "call.tool_error"]);
  const narrow = await connectFeed(url);
  await narrow.subscribe({ topics: ["*"], since: 0, where: { outcome: ["tool_error"] } });
  await until("one", () => narrow.topics().length === 1);
  expect(narrow.topics()).toEqual(["call.tool_error"]);
});

test("a call makes no event where nobody wants it", async () => {
  const { url } = await serve(openPlace());
  await callByHttp(url, "one__echo", {});
  const client = await connectFeed(url);
  await client.subscribe({ topics: ["*"], since: 0 });
  await tell(url, "deploys", { app: "web" });
  await until("the later ones", () => client.topics().includes("call.success"));
  const calls = client.frames.filter(({ topic }) => topic === "call.success");
  expect(calls.map(({ payload }) => (payload as JsonObject).tool)).toEqual(["tell"]);
  expect(client.frames.find(({ topic }) => topic === "deploys")).toMatchObject({
    source: "teller",
    payload: { app: "web" },
  });
});

test("a key sees its own calls, and servers that it may use; nobody comes in without one", async () => {
  const place = openPlace();
  const { url } = await serve(place);
  const keys = await openKeys(place);
  const narrow = await keys.create({ name: "narrow", scopes: ["one:*"] });
  const other = await keys.create({ name: "other", scopes: ["*:*"] });
  const admin = readFileSync(join(place.home, "admin.key"), "utf8").trim();
  const open = async (key: string) => {
    const client = await connectFeed(url, { headers: { "x-api-key": key } });
    await client.subscribe({ topics: ["*"] });
    return client;
  };
  await until("keys are asked for", async () => (await feedRefusal(url)) === 401);
  expect(await feedRefusal(url, { headers: { authorization: "Bearer wrong" } })).toBe(401);
  const seesOne = await open(narrow.text);
  const seesAll = await open(other.text);
  const administers = await open(admin);
  for (const pid of serversOf(place, "one")) kill(pid);
  await until("it is gone", () => administers.topics().length === 1);
  await callByHttp(url, "one__echo", {}, headersOf(narrow.text));
  await tell(url, "deploys", {}, other.text);
  const [STOPPED, READY, DONE] = ["server.lost", "server.ready", "call.success"];
  await until("all", () => administers.topics().length === 5);
  await until("what others may see", () => seesAll.topics().length === 4);
  expect(administers.topics()).toEqual([STOPPED, READY, DONE, "deploys", DONE]);
  expect(seesAll.topics()).toEqual([STOPPED, READY, "deploys", DONE]);
  expect(seesOne.topics()).toEqual([STOPPED, READY, DONE]);

  await keys.revoke(other.record.id);
  // Cut off at once, whatever it is; or closed with a word by the feed, should that look first.
  expect([1006, 4401]).toContain(await seesAll.closed);
  expect(seesOne.socket.readyState).toBe(seesOne.socket.OPEN);
}, 40_000);

test("a foreign page does not come in, and plain HTTP is told how", async () => {
  const { url } = await serve(openPlace());
  expect(await feedRefusal(url, { origin: "https://evil.example" })).toBe(403);
  expect(await feedRefusal(url, { headers: { host: "evil.example" } })).toBe(403);
  const ours = await connectFeed(url, { origin: new URL(url).origin });
  await ours.subscribe({ topics: ["*"] });
  const plain = await fetch(url.replace(/\/mcp$/, "/api/mcp/events"));
  expect([plain.status, await plain.text()]).toEqual([400, expect.stringContaining("WebSocket")]);
});

test("a bridge that stops says goodbye to whoever listens", async () => {
  const { url, pid, ended } = await serve(openPlace());
  const client = await connectFeed(url);
  await client.subscribe({ topics: ["*"] });
  process.kill(pid, "SIGTERM");
  expect(await client.closed).toBe(1001);
  expect(await ended).toBe(0);
});
