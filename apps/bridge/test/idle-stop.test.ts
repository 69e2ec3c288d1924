import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { lister, listersOf, offer, placeOf, startsOf, toldOfTools, toTool } from "./_listers.ts";
import { ms, report } from "./_measure.ts";
import { type Answer, listNames, listNamesWith, type Peer, serveStdio } from "./_peer.ts";
import { type Place, textOf } from "./_place.ts";
import { until } from "./_processes.ts";

/** Long enough for a call on a busy machine, short enough to wait for. */
const IDLE_MS = 1_000;
const brief = { upstreams: { idleStopMs: IDLE_MS } };

const pidIn = ({ result }: Answer): unknown => (result?.structuredContent as JsonObject)?.pid;

/** A client of a bridge that has read these servers. What it was told until then is nobody's matter. */
async function opened(place: Place, ...servers: readonly string[]): Promise<Peer> {
  const { peer } = await serveStdio(place, "legacy");
  await listNamesWith(peer, ...servers.map((server) => `${server}__read`));
  peer.notifications.length = 0;
  return peer;
}

test("a server that nobody uses is ended, its lists stay, and the next call starts it", async () => {
  const place = placeOf({ one: [] }, brief);
  const peer = await opened(place, "one");
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
  const peer = await opened(place, "one");
  await until("it is ended", () => listersOf(place, "one").length === 0);
  offer(place, "one", ["read", "delete"]);
  expect((await peer.call("one__read")).error).toBeUndefined();
  await until("it was read", async () => (await listNames(peer)).includes("one__delete"));
  expect(toldOfTools(peer)).toBe(1);
});

test("a server is not ended while it works, nor while one of its resources is watched", async () => {
  const place = placeOf({ working: [], watched: [], unused: [] }, brief);
  const resources = [{ uri: "note://one", name: "one" }];
  offer(place, "watched", { tools: [toTool("read")], resources });
  const peer = await opened(place, "working", "watched", "unused");
  const uri = "watched+note://one";
  expect((await peer.request("resources/subscribe", { uri })).error).toBeUndefined();
  const long = peer.call("working__read", { gate: "open" });
  await until("it works", () => textOf(join(place.root, "calls")).includes("working read"));
  const [working, watched] = [listersOf(place, "working"), listersOf(place, "watched")];
  expect([working, watched]).toEqual([[expect.any(Number)], [expect.any(Number)]]);
  // Whoever was used after them is ended: they would have been by now.
  expect((await peer.call("unused__read")).error).toBeUndefined();
  await until("the other one is ended", () => listersOf(place, "unused").length === 0);
  expect([listersOf(place, "working"), listersOf(place, "watched")]).toEqual([working, watched]);
  writeFileSync(join(place.root, "open"), "");
  expect(pidIn(await long), "the process that began it").toBe(working[0]);
  expect((await peer.request("resources/unsubscribe", { uri })).error).toBeUndefined();
  await until("it is ended, too", () => listersOf(place, "watched").length === 0);
  await until("and so is the one that worked", () => listersOf(place, "working").length === 0);
});

test("a server of its own time limit, or of none, keeps to that, also when it is changed", async () => {
  const place = placeOf({ keeps: [], goes: [] });
  const servers = (keeps: number): JsonObject => ({
    keeps: { ...lister(place, "keeps"), idleStopMs: keeps },
    goes: { ...lister(place, "goes"), idleStopMs: IDLE_MS },
  });
  place.configure({ mcpServers: servers(0) });
  const peer = await opened(place, "keeps", "goes");
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
  const begun = performance.now();
  const peer = await opened(place, "dies", "good");
  let calls = 0;
  for (; calls < 50 || performance.now() - begun < 6_000; calls += 1) {
    expect((await peer.call("dies__read")).error).toBeDefined();
    expect((await peer.call("good__read")).error).toBeUndefined();
  }
  const starts = startsOf(place, "dies");
  report(`${calls} calls of a server that dies at each of them: ${starts} starts`);
  expect(starts).toBeLessThanOrEqual(startsWithin(performance.now() - begun));
  expect(startsOf(place, "good")).toBe(1);
});

/** Its first start, one at once, after 0.5 s, 1 s, 2 s, 4 s …, and one try out of turn every ten seconds. */
function startsWithin(ms: number): number {
  let starts = 2;
  for (let [at, wait] = [500, 500]; at <= ms; wait *= 2, at += wait) starts += 1;
  return starts + 1 + Math.floor(ms / 10_000);
}
