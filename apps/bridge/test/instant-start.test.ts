import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import {
  lister,
  listersOf,
  offer,
  placeOf,
  runOnce,
  savedFile,
  savedText,
  startsOf,
  toldOfTools,
  toTool,
} from "./_listers.ts";
import { ms, report } from "./_measure.ts";
import { callByHttp, listNames, serveStdio } from "./_peer.ts";
import { type Place, run, serve, textOf } from "./_place.ts";
import { childrenOf, kill, until } from "./_processes.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 3);

const full = {
  tools: ["read", "write"].map(toTool),
  prompts: [{ name: "ask" }],
  resources: [{ uri: "note://one", name: "one" }],
};

test("the lists of the last run are served at once, and no process is started", async () => {
  const place = placeOf({ one: [], two: [] });
  offer(place, "one", full);
  await runOnce(place, "one", "two");
  const starts = startsOf(place);

  const { peer, pid } = await serveStdio(place, "legacy");
  const opened = await peer.request("initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  });
  expect(opened.result?.instructions).toContain("This is one.");
  expect(await listNames(peer)).toEqual(["one__read", "one__write", "two__read", "two__write"]);
  const prompts = (await peer.request("prompts/list")).result?.prompts;
  expect(prompts).toMatchObject([{ name: "one__ask" }]);
  const resources = (await peer.request("resources/list")).result?.resources;
  expect(resources).toMatchObject([{ uri: "one+note://one" }]);
  expect(childrenOf(pid)).toEqual([]);
  expect(startsOf(place)).toBe(starts);

  expect((await peer.call("two__read")).error).toBeUndefined();
  expect(startsOf(place, "two"), "the one that is used is started").toBe(2);
  expect(listersOf(place, "one")).toEqual([]);
  expect(toldOfTools(peer), "nothing has changed").toBe(0);
});

test("who is used first is compared first: a change is told once, and no change is not told", async () => {
  const place = placeOf({ one: [], two: [] });
  await runOnce(place, "one", "two");
  offer(place, "one", ["read", "delete"]);
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toContain("one__write");
  expect((await peer.call("two__read")).error).toBeUndefined();
  expect((await peer.call("one__read")).error).toBeUndefined();
  await until("the client is told", () => toldOfTools(peer) > 0);
  expect(await listNames(peer)).toEqual(["one__delete", "one__read", "two__read", "two__write"]);
  expect((await peer.call("one__delete")).error).toBeUndefined();
  expect(toldOfTools(peer)).toBe(1);
});

test("a call of a tool that is gone since the last run says so, and is not sent", async () => {
  const place = placeOf({ one: [] });
  await runOnce(place, "one");
  offer(place, "one", ["read", "writes"]);
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toContain("one__write");
  const { error } = await peer.call("one__write");
  expect(error?.message).toMatch(
    /one no longer offers "write"; the list that named it was of an earlier run\. Did you mean "writes"\? List the tools again/,
  );
  expect(error?.data).toMatchObject({ code: "not_found", details: { sent: false } });
  expect(await listNames(peer)).toEqual(["one__read", "one__writes"]);
  expect(toldOfTools(peer)).toBe(1);
});

test("an entry that was changed is never served the lists of another server", async () => {
  const place = placeOf({ one: [], two: [] });
  await runOnce(place, "one", "two");
  offer(place, "other", ["other_tool"]);
  place.configure({
    mcpServers: { one: lister(place, "other"), two: { command: "no-such-command-anywhere" } },
  });
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toEqual(["one__other_tool"]);
});

test("what else decides what a server offers changes its entry, too", async () => {
  const place = placeOf({ one: [] });
  await runOnce(place, "one");
  const starts = startsOf(place);
  const entries: JsonObject[] = [{ env: { PROJECT: "other" } }, { cwd: "/" }, { era: "legacy" }];
  for (const [index, change] of entries.entries()) {
    place.configure({ mcpServers: { one: { ...lister(place, "one"), ...change } } });
    await runOnce(place, "one");
    expect(startsOf(place), JSON.stringify(change)).toBe(starts + index + 1);
  }
  const how = { policy: { timeout: { attemptMs: 1_000 } }, idleStopMs: 1_000, aliases: ["uno"] };
  place.configure({ mcpServers: { one: { ...lister(place, "one"), ...entries.at(-1), ...how } } });
  await runOnce(place, "one");
  expect(startsOf(place), "how it is called decides nothing").toBe(starts + entries.length);
});

test("while the server of a changed entry cannot be read, nothing is listed in its place", async () => {
  const place = placeOf({ one: [], two: [] });
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toHaveLength(4);
  const two = lister(place, "two");
  place.configure({ mcpServers: { one: { command: "no-such-command-anywhere" }, two } });
  await until("it is gone", async () => (await listNames(peer)).length === 2);
  expect(await listNames(peer)).toEqual(["two__read", "two__write"]);
});

const damages: readonly (readonly [string, RegExp, (file: string) => void])[] = [
  ["damaged", /it is damaged/, (file) => replaceIn(file, "Does write", "Does WRITE")],
  ["cut off", /it is damaged/, (file) => writeFileSync(file, textOf(file).slice(0, 300))],
  ["empty", /it is damaged/, (file) => writeFileSync(file, "")],
  ["garbage", /it is damaged/, (file) => writeFileSync(file, "\u0000\u0001{")],
  ["newer", /a newer version/, (file) => replaceIn(file, '"format":1', '"format":2')],
];

test.each(damages)("a saved list that is %s is not used, and said", async (_what, said, damage) => {
  const place = placeOf({ one: [], two: [] });
  await runOnce(place, "one", "two");
  damage(savedFile(place, "one"));
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toEqual(["one__read", "one__write", "two__read", "two__write"]);
  expect(startsOf(place, "one"), "read anew").toBe(2);
  expect(startsOf(place, "two"), "still good").toBe(1);
  expect(textOf(place.logFile)).toMatch(said);
  await until("it is saved again", () => textOf(savedFile(place, "one")).includes("Does write"));
});

function replaceIn(file: string, from: string, to: string): void {
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

test("a bridge that is killed while it saves leaves lists that are whole", async () => {
  const place = placeOf({ one: [] });
  const offerMany = (version: number): void => {
    const tools = Array.from({ length: 20_000 }, (_, index) => toTool(`v${version}_${index}`));
    offer(place, "one", { tools });
  };
  offerMany(0);
  await runOnce(place, "one");
  let whole = 0;
  for (let version = 1; version <= ROUNDS; version += 1) {
    offerMany(version);
    const { peer, pid, ended } = await serveStdio(place, "legacy");
    void peer.call(`one__v${version - 1}_0`);
    void peer.call("one__v0_0");
    await until("it saves", () => textOf(`${savedFile(place, "one")}~`) !== "" || isNew(version));
    kill(pid);
    await ended;
    const next = await serveStdio(place, "legacy");
    const names = await listNames(next.peer);
    expect(names).toHaveLength(20_000);
    const [, seen] = /^one__(v\d+)_/.exec(names[0] ?? "") ?? [];
    expect(names.every((name) => name.startsWith(`one__${seen}_`))).toBe(true);
    expect(textOf(place.logFile)).not.toMatch(/saved lists are not used/);
    whole += 1;
    kill(next.pid);
    await next.ended;
  }
  expect(whole).toBe(ROUNDS);

  function isNew(version: number): boolean {
    return textOf(savedFile(place, "one")).includes(`Does v${version}_`);
  }
});

test("no secret is written down, and lists that hold one are not", async () => {
  const env = { CANARY: "canary-7f3a9d" };
  const place = placeOf({ one: [], teller: [] });
  const entries = {
    one: { ...lister(place, "one"), env },
    teller: { ...lister(place, "teller", "--tells=CANARY"), env },
  };
  place.configure({ mcpServers: entries });
  await runOnce(place, "one");
  expect(savedText(place)).toContain("Does write");
  expect(savedText(place)).not.toContain("canary");
  expect(textOf(place.logFile)).toMatch(
    /"upstream":"teller","reason":"they hold a secret","msg":"lists are not saved"/,
  );
  expect(textOf(savedFile(place, "teller"))).toBe("");
});

test("a dead server and a slow one never delay the good ones", { timeout: 60_000 }, async () => {
  const place = placeOf({ good: [], dead: ["--dead-while=/"], slow: ["--after=8000"] });
  const first = await serveStdio(place, "legacy");
  const unknownMs = await took(() => listNames(first.peer));
  expect(await listNames(first.peer)).toEqual(["good__read", "good__write"]);
  expect(unknownMs, "though nothing is known of the slow one").toBeLessThan(5_000);
  expect(await took(() => first.peer.call("good__read"))).toBeLessThan(3_000);
  await until("the slow one is there", async () => (await listNames(first.peer)).length === 4);
  expect(toldOfTools(first.peer)).toBeGreaterThan(0);
  await until("it is saved", () => textOf(savedFile(place, "slow")) !== "");
  first.process.stdin.end();
  await first.ended;

  const { peer } = await serveStdio(place, "legacy");
  const knownMs = await took(async () => expect(await listNames(peer)).toHaveLength(4));
  const calledMs = await took(() => peer.call("good__read"));
  report(
    `a dead and a slow server: first list ${ms(unknownMs)}, at the next start ${ms(knownMs)}; first call of a good one ${ms(calledMs)}`,
  );
  expect(calledMs).toBeLessThan(5_000);
});

async function took(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** What the bridge says at `/api/mcp/PAGE`. */
async function ask(url: string, page: string): Promise<JsonObject> {
  const response = await fetch(url.replace(/mcp$/, `api/mcp/${page}`));
  return ((await response.json()) as { data: JsonObject }).data;
}

function isOwn(name: unknown): boolean {
  return String(name).startsWith("bridge__");
}

async function stateOf(url: string, id: string): Promise<JsonObject | undefined> {
  const { servers } = await ask(url, "servers");
  return (servers as JsonObject[]).find((server) => server.id === id);
}

test("a server that is down is marked, its last list stays, and it heals", async () => {
  const gate = (place: Place): string => join(place.root, "down");
  const place = placeOf({ one: [], two: [] });
  const entry = lister(place, "one", `--dead-while=${gate(place)}`);
  place.configure({ mcpServers: { one: entry, two: lister(place, "two") } });
  await runOnce(place, "one", "two");
  writeFileSync(gate(place), "");

  const { url } = await serve(place);
  const names = async (): Promise<unknown> => {
    const { tools } = await ask(url, "tools");
    return (tools as JsonObject[]).map(({ name }) => name).filter((name) => !isOwn(name));
  };
  expect(await stateOf(url, "one")).toMatchObject({ lists_from: "earlier run", degraded: false });
  const { answer } = await callByHttp(url, "one__read");
  expect(answer.error?.message).toMatch(/cannot go on: no database/);
  expect(await stateOf(url, "one")).toMatchObject({ degraded: true, tools: 2, state: "failed" });
  expect(await stateOf(url, "two")).toMatchObject({ degraded: false });
  const health = await ask(url, "health");
  expect(health).toMatchObject({ status: "degraded" });
  expect(health.servers).toMatchObject([
    { id: "one", degraded: true },
    { id: "two", degraded: false },
  ]);
  expect(await names()).toEqual(["one__read", "one__write", "two__read", "two__write"]);
  const { stdout } = await run(place, ["status"]);
  expect(stdout).toMatch(/one +stdio +2 tools +DEGRADED, its last list is served: .*no database/);

  rmSync(gate(place));
  await until("it heals", async () => {
    const again = await callByHttp(url, "one__read");
    return again.answer.error === undefined;
  });
  expect(await stateOf(url, "one")).toMatchObject({ lists_from: "server", degraded: false });
});

test("lists are compared in the background where that is wanted, and the process is ended again", async () => {
  const place = placeOf({ one: [] }, { catalog: { verify: "at-start" } });
  await runOnce(place, "one");
  offer(place, "one", ["read", "delete"]);
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toContain("one__write");
  await until("it was compared", async () => (await listNames(peer)).includes("one__delete"));
  expect(toldOfTools(peer)).toBe(1);
  await until("its process has ended", () => listersOf(place, "one").length === 0);
});

test("lists that were not compared for long are, in the background", async () => {
  const place = placeOf({ one: [] }, { catalog: { maxAgeMs: 1 } });
  await runOnce(place, "one");
  offer(place, "one", ["read", "delete"]);
  const { peer } = await serveStdio(place, "legacy");
  await until("it was compared", async () => (await listNames(peer)).includes("one__delete"));
  await until("its process has ended", () => listersOf(place, "one").length === 0);
});

test("nothing of the last run is served where every list must be the server's own", async () => {
  const place = placeOf({ one: [] }, { catalog: { verify: "before-serving" } });
  await runOnce(place, "one");
  offer(place, "one", ["read", "delete"]);
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toEqual(["one__delete", "one__read"]);
});

test("a change that a server never told of is seen when it is connected again", async () => {
  const place = placeOf({ one: ["--hushed"] });
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toContain("one__write");
  offer(place, "one", ["read", "delete"]);
  for (const pid of listersOf(place, "one")) kill(pid);
  await until("it is back", async () => (await peer.call("one__read")).error === undefined);
  await until("it was read", async () => (await listNames(peer)).includes("one__delete"));
  expect(toldOfTools(peer)).toBe(1);
});

test("a change that a server never told of is seen after a while", async () => {
  const place = placeOf({ one: ["--hushed"] }, { catalog: { checkEveryMs: 100 } });
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toContain("one__write");
  offer(place, "one", ["read", "delete"]);
  await until("it was read", async () => (await listNames(peer)).includes("one__delete"));
  expect(toldOfTools(peer)).toBe(1);
  expect(startsOf(place)).toBe(1);
});

test("a hundred idle sessions cost no process", async () => {
  const place = placeOf({ one: [], two: [] });
  await runOnce(place, "one", "two");
  const starts = startsOf(place);
  const { url, pid } = await serve(place);
  const ask = async (body: object, session?: string): Promise<Response> => {
    const accept = "application/json, text/event-stream";
    const headers = { "content-type": "application/json", accept };
    const own = session === undefined ? {} : { "mcp-session-id": session };
    return fetch(url, {
      method: "POST",
      headers: { ...headers, ...own },
      body: JSON.stringify(body),
    });
  };
  const params = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "idle", version: "1" },
  };
  for (let count = 0; count < 100; count += 1) {
    const opened = await ask({ jsonrpc: "2.0", id: 1, method: "initialize", params });
    await opened.text();
    const session = opened.headers.get("mcp-session-id") ?? "";
    expect(session).not.toBe("");
    const listed = await ask({ jsonrpc: "2.0", id: 2, method: "tools/list" }, session);
    expect(await listed.text()).toContain("two__write");
  }
  expect(childrenOf(pid)).toEqual([]);
  expect(startsOf(place)).toBe(starts);
});
