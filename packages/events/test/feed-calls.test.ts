import { type JsonObject, TrestleError } from "@trestle/protocol";
import { until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { connectFeed, type FeedClient, startFeed } from "./_feed.ts";

const send = ({ socket }: FeedClient, frame: JsonObject) => socket.send(JSON.stringify(frame));
const typesOf = ({ frames }: FeedClient) => frames.map(({ type }) => type);

test("a call is answered with its id, beside what is told", async () => {
  const { hub, url } = await startFeed({
    authenticate: () => ({
      async call({ word }) {
        if (word === "no") throw new TrestleError("denied", "Not this word.");
        if (word === "bug") throw new Error("a secret of the server");
        return { word: word ?? null, type: "event" };
      },
    }),
  });
  const client = await connectFeed(url);
  client.subscribe(["*"]);
  for (const word of ["yes", "no", "bug"]) send(client, { type: "call", id: word, word });
  await until("all answers", () => client.frames.length === 4);
  hub.publish("a", {});
  await until("the event", () => client.frames.length === 5);
  const [, ...answers] = client.frames.slice(0, 4);
  expect(answers).toEqual(
    expect.arrayContaining([
      { type: "result", id: "yes", word: "yes" },
      { type: "error", id: "no", error: { code: "denied", message: "Not this word." } },
      { type: "error", id: "bug", error: { code: "internal", message: "The call failed." } },
    ]),
  );
});

test("a call without an id, and one where nothing can be called, end the connection", async () => {
  const deaf = await startFeed();
  const callable = await startFeed({ authenticate: () => ({ call: async () => ({}) }) });
  const ends = async (url: string, frame: JsonObject) => {
    const client = await connectFeed(url);
    send(client, frame);
    return (await client.closed)[0];
  };
  expect(await ends(deaf.url, { type: "call", id: "a" })).toBe(4400);
  for (const id of [1, "", "x".repeat(65)]) {
    expect(await ends(callable.url, { type: "call", id })).toBe(4400);
  }
});

test("of one client 32 calls run at a time, and they end with its connection", async () => {
  const running = new Set<AbortSignal>();
  let ended = 0;
  const { url } = await startFeed({
    authenticate: () => ({
      call: (_frame, signal) => {
        running.add(signal);
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            ended += 1;
            reject(signal.reason);
          });
        });
      },
    }),
  });
  const client = await connectFeed(url);
  for (let id = 0; id < 33; id += 1) send(client, { type: "call", id: `${id}` });
  await until("the last one is refused", () => client.frames.length === 1);
  expect(client.frames[0]).toMatchObject({
    ...{ type: "error", id: "32", error: { code: "rate_limited", details: { most: 32 } } },
  });
  const other = await connectFeed(url);
  send(other, { type: "call", id: "first" });
  await until("another client's runs", () => running.size === 2);
  client.socket.terminate();
  await until("they end", () => ended === 32);
  expect(other.frames).toEqual([]);
});

test("nobody is told that it listens before it does, and then of everything since", async () => {
  const ready = Promise.withResolvers<void>();
  const heard: string[] = [];
  const { hub, url } = await startFeed({
    authenticate: () => ({
      listen: (topics) => ({
        begun: topics.includes("slow") ? ready.promise : undefined,
        end: () => void heard.push(topics.join()),
      }),
    }),
  });
  const client = await connectFeed(url);
  client.subscribe(["slow", "a"]);
  const quick = await connectFeed(url);
  quick.subscribe(["a"]);
  await until("the quick one listens", () => quick.frames.length === 1);
  hub.publish("a", { n: 1 });
  await until("it is told", () => quick.frames.length === 2);
  expect(typesOf(client)).toEqual([]);
  ready.resolve();
  await until("the slow one is told", () => client.frames.length === 2);
  expect(typesOf(client)).toEqual(["subscribed", "event"]);
  client.subscribe(["b"]);
  await until("the first subscription ends", () => heard.length === 1);
  client.socket.terminate();
  await until("the second ends", () => heard.length === 2);
  expect(heard).toEqual(["slow,a", "b"]);
});
