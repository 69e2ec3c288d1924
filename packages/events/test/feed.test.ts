import { once } from "node:events";
import { TrestleError } from "@trestle/protocol";
import { manualClock, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { connectFeed, startFeed } from "./_feed.ts";

test("a client subscribes, hears of what happens, and resumes where it was", async () => {
  const { hub, url } = await startFeed();
  const first = await connectFeed(url);
  first.subscribe(["call.*"]);
  await until("subscribed", () => first.frames.length === 1);
  hub.publish("call.done", { n: 1 });
  hub.publish("server.up", { n: 2 });
  await until("an event", () => first.frames.length === 2);
  expect(first.frames).toMatchObject([
    { type: "subscribed", seq: 0 },
    { type: "event", seq: 1, topic: "call.done", payload: { n: 1 } },
  ]);
  first.socket.terminate();
  hub.publish("call.done", { n: 3 });
  const second = await connectFeed(url);
  second.subscribe(["call.*"], 1);
  await until("the missed event", () => second.frames.length === 2);
  expect(second.frames).toMatchObject([{ seq: 3 }, { seq: 3, payload: { n: 3 } }]);
});

test("another subscription takes the place of the first", async () => {
  const { hub, url } = await startFeed();
  const client = await connectFeed(url);
  client.subscribe(["a"]);
  client.subscribe(["b"]);
  await until("both", () => client.frames.length === 2);
  hub.publish("a", {});
  hub.publish("b", {});
  await until("one event", () => client.frames.length === 3);
  expect(client.frames.at(-1)).toMatchObject({ topic: "b" });
});

test("a peer sees only topics that it may read", async () => {
  const { hub, url } = await startFeed({
    authenticate: () => ({ mayRead: ({ topic }) => !topic.startsWith("secret.") }),
  });
  const client = await connectFeed(url);
  client.subscribe(["*"], 0);
  hub.publish("secret.a", {});
  hub.publish("open.a", {});
  await until("the open one", () => client.frames.length === 2);
  expect(client.frames.at(-1)).toMatchObject({ topic: "open.a" });
});

test("a client names what the payload must hold", async () => {
  const { hub, url } = await startFeed();
  const client = await connectFeed(url);
  client.subscribe(["*"], 0, { server: "one", outcome: ["error", "timeout"] });
  hub.publish("call.error", { server: "one", outcome: "success" });
  hub.publish("call.error", { server: "two", outcome: "error" });
  hub.publish("call.error", { outcome: "error" });
  hub.publish("call.error", { server: "one", outcome: "timeout" }, "told-by");
  await until("the one that fits", () => client.frames.length === 2);
  expect(client.frames.at(-1)).toMatchObject({ seq: 4, source: "told-by" });
});

test.each([
  ["no JSON", "hello"],
  ["a filter that is none", '{"type":"subscribe","topics":["a"],"where":["server"]}'],
  ["a filter of nothing", '{"type":"subscribe","topics":["a"],"where":{}}'],
  ["a value that is an object", '{"type":"subscribe","topics":["a"],"where":{"a":{}}}'],
  ["another type", '{"type":"publish","topics":["a"]}'],
  ["no topics", '{"type":"subscribe"}'],
  ["an empty list", '{"type":"subscribe","topics":[]}'],
  ["a topic that is no text", '{"type":"subscribe","topics":[{}]}'],
  ["a number that is none", '{"type":"subscribe","topics":["a"],"since":-1}'],
])("%s is answered with an error and 4400", async (_what, text) => {
  const { url } = await startFeed();
  const client = await connectFeed(url);
  client.socket.send(text);
  expect(await client.closed).toEqual([4400, "invalid_input"]);
  expect(client.frames).toMatchObject([{ type: "error", code: "invalid_input" }]);
});

test("bytes and overlong requests end the socket", async () => {
  const { url } = await startFeed();
  const binary = await connectFeed(url);
  binary.socket.send(Buffer.from('{"type":"subscribe","topics":["a"]}'));
  expect((await binary.closed)[0]).toBe(4400);
  const long = await connectFeed(url);
  long.socket.send("x".repeat(100_000));
  expect((await long.closed)[0]).toBe(1009);
});

async function refusal(url: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(url, { headers });
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  response.destroy();
  socket.terminate();
  return response.statusCode;
}

test("nobody connects who is not known, comes from a foreign page, or is one too many", async () => {
  const { url } = await startFeed({
    authenticate(request) {
      if (request.headers["x-api-key"] === "good") return {};
      if (request.headers["x-api-key"] === "broken") throw new Error("broken");
      if (request.headers["x-api-key"] === "again")
        throw new TrestleError("rate_limited", "Too many wrong keys.");
      throw new TrestleError("denied", "Unknown key.");
    },
    allowedOrigins: ["https://good.example"],
    maxConnections: 1,
  });
  expect(await refusal(url)).toBe(401);
  expect(await refusal(url, { "x-api-key": "broken" })).toBe(500);
  expect(await refusal(url, { "x-api-key": "again" })).toBe(429);
  expect(await refusal(url, { "x-api-key": "good", origin: "https://evil.example" })).toBe(403);
  const headers = { "x-api-key": "good", origin: "https://good.example" };
  const client = await connectFeed(url, { headers });
  expect(await refusal(url, headers)).toBe(503);
  client.socket.terminate();
});

test("a peer that answers no ping is dropped, one that answers stays", async () => {
  const clock = manualClock();
  const { url } = await startFeed({ clock, keepaliveMs: 1_000 });
  const silent = await connectFeed(url, { autoPong: false });
  const lively = await connectFeed(url);
  const pinged = Promise.all([once(silent.socket, "ping"), once(lively.socket, "ping")]);
  clock.advance(1_000);
  await pinged;
  lively.subscribe(["a"]); // the answer to this comes after the pong was read
  await until("the pong has arrived", () => lively.frames.length === 1);
  clock.advance(1_000);
  expect((await silent.closed)[0]).toBe(1006);
  expect(lively.socket.readyState).toBe(WebSocket.OPEN);
});

test("a peer whose key was revoked is closed with 4401", async () => {
  const clock = manualClock();
  let isValid = true;
  const { url } = await startFeed({ clock, authenticate: () => ({ isValid: () => isValid }) });
  const client = await connectFeed(url);
  isValid = false;
  clock.advance(30_000);
  expect((await client.closed)[0]).toBe(4401);
});

test("a client that does not read costs a bounded buffer, and learns what it missed", async () => {
  const { hub, url } = await startFeed();
  const client = await connectFeed(url);
  client.subscribe(["*"], 0);
  await until("subscribed", () => client.frames.length === 1);
  client.socket.pause();
  const before = process.memoryUsage().rss;
  const text = "x".repeat(20_000);
  // The sockets of both ends take a few megabytes; the hub keeps 1,000 events of 20 kB.
  for (let n = 0; n < 5_000; n += 1) {
    hub.publish("a", { n, text });
    if (n % 100 === 0) await new Promise(setImmediate);
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  client.socket.resume();
  await until("the last event", () => client.frames.at(-1)?.seq === 5_000);
  let seq = 0;
  for (const frame of client.frames.slice(1)) {
    expect(frame.type === "gap" ? frame.from : frame.seq).toBe(seq + 1);
    seq = Number(frame.type === "gap" ? frame.to : frame.seq);
  }
  expect(client.frames.filter(({ type }) => type === "gap").length).toBeGreaterThan(0);
});

test("a closing feed says so and takes nobody any more", async () => {
  const { url, close } = await startFeed();
  const client = await connectFeed(url);
  await close();
  expect(await client.closed).toEqual([1001, "The server stops"]);
  expect(await refusal(url)).toBe(503);
});
