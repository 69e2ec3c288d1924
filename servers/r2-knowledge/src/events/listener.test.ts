import { once } from "node:events";
import { silentLogger, systemClock } from "@trestle/protocol";
import { manualClock, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { openFollower } from "./_feed.ts";
import { listen } from "./listener.ts";

async function startListener(key?: string) {
  const clock = manualClock(Date.UTC(2026, 5, 1));
  const follower = await openFollower(temporaryFolder("knowledge"), clock);
  await follower.feed.pump();
  const { hub } = follower.feed;
  const parts = { key, hub, clock: systemClock, log: silentLogger };
  const listener = await listen({ address: "127.0.0.1:0", ...parts });
  onTestFinished(async () => {
    await listener.close();
    await follower.knowledge.close();
  });
  return { ...follower, url: listener.url };
}

async function subscribe(url: string, since: number, headers: Record<string, string> = {}) {
  const socket = new WebSocket(url, { headers });
  const frames: Record<string, unknown>[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(String(data))));
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "subscribe", topics: ["diagnosis.*"], since }));
  return frames;
}

test("over a WebSocket comes what happened since a number, and what happens then", async () => {
  const { url, knowledge, feed } = await startListener();
  await knowledge.store({ error: { message: "before" } });
  await feed.pump();
  const frames = await subscribe(url, 1);
  await knowledge.store({ error: { message: "after" } });
  await feed.pump();
  await until("both", () => frames.length === 3);
  expect(frames).toMatchObject([
    { type: "subscribed", seq: 2 },
    { type: "event", seq: 2, topic: "diagnosis.stored", payload: { summary: "before" } },
    { type: "event", seq: 3, payload: { summary: "after" } },
  ]);
});

async function refusal(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url, { headers });
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  response.destroy();
  return response.statusCode;
}

test("a key that is set must be given, and no web page connects", async () => {
  const key = "a-key-of-sixteen-or-more";
  const { url } = await startListener(key);
  expect(await refusal(url, {})).toBe(401);
  expect(await refusal(url, { "x-api-key": "another-key-of-sixteen" })).toBe(401);
  expect(await refusal(url, { "x-api-key": key, origin: "https://evil.example" })).toBe(403);
  await subscribe(url, 0, { "x-api-key": key });
  await subscribe(url, 0, { authorization: `Bearer ${key}` });
  const page = await fetch(url.replace("ws:", "http:"));
  expect([page.status, await page.text()]).toEqual([426, expect.stringContaining("WebSocket")]);
});

test("an address that others reach needs a key, and one that is none or taken is refused in words", async () => {
  const { url, feed } = await startListener();
  const at = (address: string) =>
    listen({ address, key: undefined, hub: feed.hub, clock: systemClock, log: silentLogger });
  await expect(at("0.0.0.0:0")).rejects.toThrow("KNOWLEDGE_EVENTS_KEY");
  await expect(at("4121")).rejects.toThrow("127.0.0.1:4121");
  await expect(at(new URL(url).host)).rejects.toThrow(/Nobody can listen.*EADDRINUSE/);
});
