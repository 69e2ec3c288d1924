import { join } from "node:path";
import { openKeyStore } from "@trestle/access";
import { type JsonObject, systemClock } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { connectFeed, type FeedClient } from "./_feed.ts";
import { callByHttp, serveStdio } from "./_peer.ts";
import { createPlace, type Place, serve } from "./_place.ts";
import { until } from "./_processes.ts";

const TOPIC = "object:counter/visits";
const visits = { class: "counter", id: "visits" };
const objects = { embedded: "objects" };

async function object(url: string, tool: string, args: JsonObject): Promise<JsonObject> {
  const { answer } = await callByHttp(url, `objects__object_${tool}`, args);
  if (answer.error || answer.result?.isError) throw new Error(JSON.stringify(answer));
  return answer.result?.structuredContent as JsonObject;
}

/** Sends a call frame and waits for its answer. */
async function call(client: FeedClient, frame: JsonObject): Promise<JsonObject> {
  client.socket.send(JSON.stringify({ type: "call", ...frame }));
  const isAnswer = ({ type, id }: JsonObject) =>
    (type === "result" || type === "error") && id === frame.id;
  await until(`the answer of ${frame.id}`, () => client.frames.some(isAnswer));
  return client.frames.find(isAnswer) as JsonObject;
}

const told = ({ frames }: FeedClient) =>
  frames.filter(({ topic }) => topic === TOPIC).map(({ payload }) => (payload as JsonObject).seq);

async function openKeys(place: Place) {
  const file = join(place.home, "bridge", "keys.db");
  const keys = await openKeyStore({ file, clock: systemClock });
  onTestFinished(() => keys.close());
  return keys;
}

test("one client calls an object, and another hears of it", async () => {
  const { url } = await serve(createPlace({ mcpServers: { objects } }));
  await object(url, "initialize", visits);
  const listener = await connectFeed(url);
  await listener.subscribe({ topics: [TOPIC] });
  const caller = await connectFeed(url);
  const add = { object: "counter/visits", method: "increment" };
  const twice = { ...add, arguments: { by: 2 }, key: "once" };
  expect(await call(caller, { id: "a", ...twice })).toEqual({
    ...{ type: "result", id: "a", seq: 2, result: { value: 2 }, changed: true, repeated: false },
  });
  expect(await call(caller, { id: "b", ...twice })).toMatchObject({ type: "result", seq: 2 });
  expect(await call(caller, { id: "c", ...add, object: visits, expectedSeq: 2 })).toMatchObject({
    ...{ seq: 3, result: { value: 3 } },
  });
  await until("both changes are told", () => told(listener).length === 2);
  expect(listener.frames.at(-1)).toMatchObject({
    ...{ topic: TOPIC, source: "objects" },
    payload: { seq: 3, kind: "called", method: "increment", events: [{ value: 3 }] },
  });
  const history = await fetch(url.replace(/mcp$/, "api/mcp/history?tool=objects.object_call"));
  const { data } = (await history.json()) as { data: { executions: JsonObject[] } };
  expect(data.executions.map(({ outcome }) => outcome)).toEqual(Array(3).fill("success"));
});

test("what is refused changes nothing, and says why", async () => {
  const { url } = await serve(createPlace({ mcpServers: { objects } }));
  await object(url, "initialize", visits);
  const client = await connectFeed(url);
  const add = { object: "counter/visits", method: "increment" };
  const refusals: readonly [JsonObject, string, RegExp][] = [
    [{ ...add, method: "explode" }, "not_found", /explode/],
    [{ ...add, arguments: { by: "much" } }, "invalid_input", /by/],
    [{ ...add, arguments: 3 }, "invalid_input", /arguments/],
    [{ ...add, args: {} }, "invalid_input", /args.*unknown key/],
    [{ ...add, object: "counter" }, "invalid_input", /counter\/visits/],
    [{ ...add, object: "counter/none" }, "not_found", /none/],
    [{ ...add, object: "car/none" }, "not_found", /car/],
    [{ ...add, expectedSeq: 9 }, "conflict", /9/],
    [{ ...add, server: "elsewhere" }, "unsupported", /elsewhere/],
    [{ object: "counter/visits" }, "invalid_input", /method/],
  ];
  for (const [index, [frame, code, message]] of refusals.entries()) {
    expect(await call(client, { id: `${index}`, ...frame })).toMatchObject({
      ...{ type: "error", error: { code, message: expect.stringMatching(message) } },
    });
  }
  expect(await object(url, "get", visits)).toMatchObject({ seq: 1, state: { value: 0 } });
  expect(await call(client, { id: "good", ...add })).toMatchObject({ type: "result", seq: 2 });
});

test("frames that are no calls end the connection", async () => {
  const { url } = await serve(createPlace({ mcpServers: { objects } }));
  const ends = async (frame: string) => {
    const client = await connectFeed(url);
    client.socket.send(frame);
    return [await client.closed, client.frames.map(({ type, code }) => [type, code])];
  };
  const refused = [["error", "invalid_input"]];
  expect(await ends('{"type":"shout"}')).toEqual([4400, refused]);
  expect(await ends('{"type":"call","object":"counter/visits"}')).toEqual([4400, refused]);
  const large = { type: "call", id: "a", arguments: { text: "x".repeat(70_000) } };
  expect(await ends(JSON.stringify(large))).toEqual([1009, []]);
});

test("scopes hold for calls and for what is told", async () => {
  const place = createPlace({ mcpServers: { objects } });
  const { url } = await serve(place);
  await object(url, "initialize", visits);
  const keys = await openKeys(place);
  const make = async (...scopes: string[]) => {
    const { text } = await keys.create({ name: scopes.join(), scopes });
    return connectFeed(url, { headers: { "x-api-key": text } });
  };
  const reads = await make("objects:*:read");
  const calls = await make("objects:object_call");
  for (const each of [reads, calls]) await each.subscribe({ topics: [TOPIC] });
  const add = { object: "counter/visits", method: "increment" };
  expect(await call(reads, { id: "a", ...add })).toMatchObject({
    ...{
      type: "error",
      error: { code: "denied", message: expect.stringContaining("object_call") },
    },
  });
  expect(await call(calls, { id: "a", ...add })).toMatchObject({ type: "result", seq: 2 });
  await until("the reader hears of it", () => told(reads).length === 1);
  expect([told(reads), told(calls)]).toEqual([[2], []]);
});

test("a page that is logged in brings its token along", async () => {
  const place = createPlace({ mcpServers: { objects } });
  const { url } = await serve(place);
  await object(url, "initialize", visits);
  const { text } = await (await openKeys(place)).create({ name: "page", scopes: ["objects:*"] });
  const login = await fetch(url.replace(/mcp$/, "api/mcp/login"), {
    method: "POST",
    headers: { "x-api-key": text, "content-type": "application/json" },
    body: "{}",
  });
  const [cookie = ""] = (login.headers.get("set-cookie") ?? "").split(";");
  const { data } = (await login.json()) as { data: JsonObject };
  const client = await connectFeed(url, { headers: { cookie }, origin: new URL(url).origin });
  const add = { object: "counter/visits", method: "increment" };
  expect(await call(client, { id: "a", ...add })).toMatchObject({ error: { code: "denied" } });
  expect(await call(client, { id: "b", ...add, csrf_token: "wrong" })).toMatchObject({
    error: { code: "denied" },
  });
  const token = { csrf_token: data.csrf_token as string };
  expect(await call(client, { id: "c", ...add, ...token })).toMatchObject({ seq: 2 });
});

test("a bridge without objects says so", async () => {
  const place = createPlace({ mcpServers: { objects: { disabled: true } } });
  const { url } = await serve(place);
  const client = await connectFeed(url);
  await client.subscribe({ topics: [TOPIC] });
  const frame = { id: "a", object: "counter/visits", method: "increment" };
  expect(await call(client, frame)).toMatchObject({
    error: { code: "unsupported", message: expect.stringContaining("mcpServers") },
  });
});

test("changes that another process makes are told, and go on being told when it dies", async () => {
  const owner = createPlace();
  const env = { OBJECTS_DATA_DIR: join(owner.root, "objects") };
  const mcpServers = { objects: { ...objects, env } };
  owner.configure({ mcpServers });
  const first = await serve(owner);
  await object(first.url, "initialize", visits);
  const place = createPlace({ mcpServers });
  const second = await serve(place);
  const listener = await connectFeed(second.url);
  await listener.subscribe({ topics: [TOPIC] });
  // A client of MCP that watched it, too, takes nothing along when it leaves.
  const { peer } = await serveStdio(place, "legacy");
  const uri = "objects+object://counter/visits";
  for (const ask of ["resources/subscribe", "resources/unsubscribe"]) {
    expect((await peer.request(ask, { uri })).error).toBeUndefined();
  }
  const add = { ...visits, method: "increment" };
  const calls = Array.from({ length: 60 }, () => object(first.url, "call", add));
  const settled = Promise.allSettled(calls);
  await until("some are told", () => told(listener).length >= 5);
  process.kill(first.pid, "SIGKILL");
  await Promise.all([first.ended, settled]);
  for (let n = 0; n < 3; n += 1) await object(second.url, "call", add);
  const { seq } = await object(second.url, "get", visits);
  await until("the last one is told", () => told(listener).at(-1) === seq);
  expect(told(listener)).toEqual(Array.from({ length: Number(seq) - 1 }, (_, n) => n + 2));
}, 40_000);
