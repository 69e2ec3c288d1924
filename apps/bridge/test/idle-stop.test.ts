import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { lister, listersOf, offer, placeOf, startsOf, toldOfTools } from "./_listers.ts";
import { ms, report } from "./_measure.ts";
import { type Answer, listNames, type Peer, serveStdio } from "./_peer.ts";
import { textOf } from "./_place.ts";
import { until } from "./_processes.ts";

/** Long enough for a call on a busy machine, short enough to wait for. */
const IDLE_MS = 1_000;
const brief = { upstreams: { idleStopMs: IDLE_MS } };

const pidIn = ({ result }: Answer): unknown => (result?.structuredContent as JsonObject)?.pid;

async function opened(place: ReturnType<typeof placeOf>): Promise<Peer> {
  const { peer } = await serveStdio(place, "legacy");
  await peer.request("tools/list");
  return peer;
}

test("a server that nobody uses is ended, its lists stay, and the next call starts it", async () => {
  const place = placeOf({ one: [] }, brief);
  const peer = await opened(place);
  const first = pidIn(await peer.call("one__read"));
  const endedInMs = await until("it is ended", () => listersOf(place, "one").length === 0);
  expect(await listNames(peer)).toEqual(["one__read", "one__write"]);
  const started = performance.now();
  const next = await peer.call("one__read");
  report(
    `a server unused for ${ms(IDLE_MS)}: ended after ${ms(endedInMs)}, the next call answered in ${ms(performance.now() - started)}`,
  );
  expect(pidIn(next)).toEqual(expect.any(Number));
  expect(pidIn(next)).not.toBe(first);
  expect(toldOfTools(peer), "nothing has changed").toBe(0);
  expect(textOf(place.logFile)).not.toMatch(/"level":"(?:warn|error)"/);
});

test("a change that was made while a server was ended is seen when it is used again", async () => {
  const place = placeOf({ one: [] }, brief);
  const peer = await opened(place);
  await until("it is ended", () => listersOf(place, "one").length === 0);
  offer(place, "one", ["read", "delete"]);
  expect((await peer.call("one__read")).error).toBeUndefined();
  await until("it was read", async () => (await listNames(peer)).includes("one__delete"));
  expect(toldOfTools(peer)).toBe(1);
});

test("a server is not ended while it works, nor while one of its resources is watched", async () => {
  const place = placeOf({ working: [], watched: [], unused: [] }, brief);
  offer(place, "watched", { tools: [], resources: [{ uri: "note://one", name: "one" }] });
  const peer = await opened(place);
  const uri = "watched+note://one";
  expect((await peer.request("resources/subscribe", { uri })).error).toBeUndefined();
  const long = peer.call("working__read", { ms: 4 * IDLE_MS });
  await until("the other one is ended", () => listersOf(place, "unused").length === 0);
  const working = listersOf(place, "working");
  expect(pidIn(await long), "the process that began it").toBe(working[0]);
  expect(listersOf(place, "watched")).toHaveLength(1);
  expect((await peer.request("resources/unsubscribe", { uri })).error).toBeUndefined();
  await until("it is ended, too", () => listersOf(place, "watched").length === 0);
  await until("and so is the one that worked", () => listersOf(place, "working").length === 0);
  expect(startsOf(place)).toBe(3);
});

test("a server of its own time limit, or of none, keeps to that, also when it is changed", async () => {
  const place = placeOf({ keeps: [], goes: [] });
  const servers = (keeps: number): JsonObject => ({
    keeps: { ...lister(place, "keeps"), idleStopMs: keeps },
    goes: { ...lister(place, "goes"), idleStopMs: IDLE_MS },
  });
  place.configure({ mcpServers: servers(0) });
  const peer = await opened(place);
  await until("the other one is ended", () => listersOf(place, "goes").length === 0);
  expect(listersOf(place, "keeps")).toHaveLength(1);
  place.configure({ mcpServers: servers(IDLE_MS) });
  await until("it is ended by its new limit", () => listersOf(place, "keeps").length === 0);
  expect(startsOf(place, "keeps"), "a limit is no reason to start it again").toBe(1);
  expect((await peer.call("keeps__read")).error).toBeUndefined();
});

test("a server that dies at every call is not started in a tight loop, and others go on", async () => {
  const place = placeOf({ dies: ["--dies"], good: [] });
  place.configure({
    mcpServers: {
      dies: { ...lister(place, "dies", "--dies"), policy: { retry: { retries: 0 } } },
      good: lister(place, "good"),
    },
  });
  const peer = await opened(place);
  const end = performance.now() + 6_000;
  let calls = 0;
  while (performance.now() < end) {
    const answer = await peer.call("dies__read");
    expect(answer.error).toBeDefined();
    expect((await peer.call("good__read")).error).toBeUndefined();
    calls += 1;
  }
  report(`${calls} calls of a server that dies at each of them: ${startsOf(place, "dies")} starts`);
  expect(calls).toBeGreaterThan(50);
  // 0 s, 0.5 s, 1 s, 2 s, 4 s …, and one try out of turn every ten seconds.
  expect(startsOf(place, "dies")).toBeLessThan(9);
  expect(startsOf(place, "good")).toBe(1);
});
