import { writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ms, report } from "./_measure.ts";
import { callByHttp, envelope, serveStdio } from "./_peer.ts";
import { createPlace, type HttpBridge, type Place, run, serve, start, textOf } from "./_place.ts";
import { childrenOf, isAlive, processesWith, until } from "./_processes.ts";
import { effectsOf, entry, executionsOf, serversOf } from "./_upstreams.ts";

const GRACE_MS = 1_500;

function placeWith(flags: string[] = [], graceMs = GRACE_MS): Place {
  const place = createPlace();
  place.configure({
    shutdown: { graceMs },
    mcpServers: { one: entry(place, "one", ...flags), two: entry(place, "two") },
  });
  return place;
}

type End = (bridge: HttpBridge, place: Place) => void;
const ways: readonly [string, End][] = [
  ["Ctrl-C", ({ process }) => void process.kill("SIGINT")],
  [
    "SIGTERM to the printed pid",
    ({ stdout }) => void process.kill(printedPid(stdout()), "SIGTERM"),
  ],
  ["trestle stop", (_bridge, place) => void start(place, ["stop"])],
];

test.each(ways)(
  "%s finishes the call that runs, takes no new one, and ends everything",
  async (way, end) => {
    const place = placeWith(["--stubborn"], 20_000);
    const bridge = await serve(place);
    const children = childrenOf(bridge.pid);
    const streams = [openStream(bridge.url), openLegacyStream(bridge.url)];
    const short = callByHttp(bridge.url, "one__write", { key: "short", until: "enough" });
    await until("the call runs", () => effectsOf(place).length === 1);
    end(bridge, place);
    await until(
      "new calls are refused",
      async () => {
        const { answer } = await callByHttp(bridge.url, "one__read");
        if (!answer.error) return false;
        expect(answer.error.message).toMatch(/stopping/);
        return true;
      },
      15_000,
    );
    writeFileSync(join(place.root, "enough"), "");
    expect((await short).answer.error).toBeUndefined();
    const drained = performance.now();
    expect(await bridge.ended).toBe(0);
    const goneInMs = performance.now() - drained;
    await until("its children are gone", () => !children.some(isAlive), 1_000);
    expect(goneInMs).toBeLessThan(4_000);
    expect(serversOf(place, "one")).toEqual([]);
    await Promise.all(streams);
    expect(executionsOf(place).find(({ key }) => key === "short")?.outcome).toBe("success");
    await expect(fetch(bridge.url)).rejects.toThrow();
    report(
      `${way}: gone ${ms(goneInMs)} after the last call, with a stubborn server and an open stream`,
    );
  },
);

test("a call that outlives the grace is answered, and a write is recorded as uncertain", async () => {
  const place = placeWith();
  const { peer, pid, ended } = await serveStdio(place, "modern");
  const write = peer.call("one__write", { key: "long", beforeMs: 20_000 });
  const read = peer.call("two__read", { beforeMs: 20_000 });
  await until("the write runs", () => executionsOf(place).length === 1);
  const started = performance.now();
  process.kill(pid, "SIGTERM");
  const { error } = await write;
  const answeredInMs = performance.now() - started;
  expect(error?.data).toMatchObject({ code: "outcome_unknown", retryable: false });
  expect((await read).error).toBeDefined();
  expect(await ended).toBe(0);
  const goneInMs = performance.now() - started;
  expect(answeredInMs).toBeGreaterThan(GRACE_MS - 50);
  expect(goneInMs).toBeLessThan(GRACE_MS + 2_000);
  const rows = executionsOf(place).map(({ tool, outcome }) => `${tool} ${outcome}`);
  expect(rows.toSorted()).toEqual(["read error", "write outcome_unknown"]);
  expect(effectsOf(place)).toEqual([]);
  report(`grace ${GRACE_MS} ms: answered after ${ms(answeredInMs)}, gone after ${ms(goneInMs)}`);
});

test("stop waits until the bridge is gone, and ends what joined it as well", async () => {
  const place = placeWith();
  const bridge = await serve(place);
  const joined = await serveStdio(place, "modern");
  expect((await joined.peer.call("one__read")).error).toBeUndefined();
  const { code, stdout, tookMs } = await run(place, ["stop"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`pid ${bridge.pid}`);
  expect(await bridge.ended).toBe(0);
  expect(await joined.ended).toBe(0);
  expect(processesWith(place.root)).toEqual([]);
  report(`trestle stop took ${ms(tookMs)}`);
});

test("a second Ctrl-C ends the bridge at once, and its servers soon after", async () => {
  const place = placeWith(["--stubborn"]);
  const bridge = await serve(place);
  const hit = callByHttp(bridge.url, "one__write", { key: "hit", beforeMs: 20_000 });
  const lost = expect(hit).rejects.toThrow();
  await until("the write runs", () => executionsOf(place).length === 1);
  process.kill(bridge.pid, "SIGINT");
  await until("it is stopping", async () => {
    const { answer } = await callByHttp(bridge.url, "two__read");
    return answer.error !== undefined;
  });
  process.kill(bridge.pid, "SIGINT");
  expect(await bridge.ended).toBe("SIGINT");
  await lost;
  await until("everything is gone", () => processesWith(place.root).length === 0, 5_000);
});

test("stop says so where nothing runs", async () => {
  const place = placeWith();
  const { code, stdout } = await run(place, ["stop"]);
  expect(code).toBe(0);
  expect(stdout).toBe(`No bridge runs in ${place.home}.\n`);
});

test("SIGTERM ends a bridge that still waits for its servers", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { silent: entry(place, "silent", "--silent") } });
  const bridge = start(place, ["serve", "--port", "0"]);
  await until("the server is started", () => serversOf(place, "silent").length === 1);
  const started = performance.now();
  process.kill(bridge.pid, "SIGTERM");
  expect(await bridge.ended).toBe(0);
  const tookMs = performance.now() - started;
  expect(tookMs).toBeLessThan(2_000);
  expect(serversOf(place, "silent")).toEqual([]);
  report(`SIGTERM during the start: gone after ${ms(tookMs)}`);
});

test("what a leaving owner refuses, the next one does", async () => {
  const place = placeWith([], 20_000);
  const owner = await serveStdio(place, "modern");
  const other = await serveStdio(place, "legacy");
  const long = other.peer.call("one__write", { key: "long", until: "enough" });
  await until("the write runs", () => effectsOf(place).length === 1);
  process.kill(owner.pid, "SIGTERM");
  await until("it is leaving", async () => {
    const { error } = await owner.peer.call("one__read");
    return error !== undefined;
  });
  const next = other.peer.call("one__write", { key: "next" });
  writeFileSync(join(place.root, "enough"), "");
  expect((await long).error).toBeUndefined();
  expect((await next).error).toBeUndefined();
  expect(effectsOf(place)).toEqual(["long", "next"]);
  expect(await owner.ended).toBe(0);
  expect(serversOf(place, "one")).toHaveLength(1);
});

test("nothing secret stands in the log or the history", async () => {
  const canary = "canary-7Wk2pQ9zLmX4";
  const place = createPlace();
  place.configure({
    mcpServers: {
      one: { ...entry(place, "one"), env: { CANARY: canary } },
      bad: { ...entry(place, "bad", "--exit=2"), env: { CANARY: canary } },
    },
  });
  const bridge = await serve(place, [], { DEBUG: "trestle:*" });
  await callByHttp(bridge.url, "one__write", { key: "k", password: `${canary}-2` });
  await callByHttp(bridge.url, "one__no_such_tool", { password: `${canary}-2` });
  await run(place, ["stop"]);
  const rows = JSON.stringify(executionsOf(place));
  expect(rows).toContain("[redacted]");
  expect(textOf(place.logFile)).toContain("hello, its key is");
  expect(`${textOf(place.logFile)}${rows}${bridge.stdout()}${bridge.stderr()}`).not.toContain(
    canary,
  );
});

function printedPid(block: string): number {
  return Number(/pid\s+(\d+)/.exec(block)?.[1]);
}

/** The standing stream of a legacy session; resolves when it is over. */
async function openLegacyStream(url: string): Promise<void> {
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const params = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  };
  const opening = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  const opened = await fetch(url, { method: "POST", headers, body: opening });
  await opened.text();
  const session = opened.headers.get("mcp-session-id") ?? "";
  const stream = await fetch(url, { headers: { ...headers, "mcp-session-id": session } });
  expect(stream.status).toBe(200);
  await stream.text().catch(() => {});
}

/** A subscription that nobody ends; resolves when its stream is over. */
function openStream(url: string): Promise<void> {
  const params = { notifications: { toolsListChanged: true }, _meta: envelope() };
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "subscriptions/listen",
      },
    });
    request.on("response", (response) => response.resume().once("close", () => resolve()));
    request.on("error", reject);
    request.end(JSON.stringify({ jsonrpc: "2.0", id: 9, method: "subscriptions/listen", params }));
  });
}
