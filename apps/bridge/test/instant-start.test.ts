import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MODERN_VERSION } from "@trestle/protocol";
import { expect, test } from "vitest";
import { listersOf, offer, placeOf, runOnce, startsOf, toldOfTools, toTool } from "./_listers.ts";
import { createPeer, envelope, handshake, listNames, serveStdio } from "./_peer.ts";
import { type Place, type Program, serve, start } from "./_place.ts";
import { childrenOf, until } from "./_processes.ts";

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

const RECORDER = fileURLToPath(new URL("./fixtures/record-loads.ts", import.meta.url));

function recording(place: Place): NodeJS.ProcessEnv {
  const loads = join(place.root, "loads.json");
  return { NODE_OPTIONS: `--import=${RECORDER}`, RECORD_LOADS: loads, START_SOURCES: "1" };
}

/** What a program had loaded of what takes long to load. */
async function heavyLoadsOf({ pid, ended }: Program, place: Place): Promise<string[]> {
  process.kill(pid, "SIGTERM");
  await ended;
  const loads: string[] = JSON.parse(readFileSync(join(place.root, "loads.json"), "utf8"));
  expect(loads.some((load) => load.endsWith("/src/bridge.ts"))).toBe(true);
  const heavy = /\/(?:zod|@modelcontextprotocol|jsonc-parser|commander)\/|internal\/deps\/undici/;
  return loads.filter((load) => heavy.test(load));
}

test("neither the SDK nor the schema is loaded for what clients ask first", async () => {
  const place = placeOf({ one: [] });
  await runOnce(place, "one");

  const program = start(place, ["serve", "--stdio"], recording(place));
  const { stdout: input, stdin: output } = program.process;
  const peer = createPeer({ input, output, era: "legacy" });
  await handshake(peer);
  expect(await listNames(peer)).toEqual(["one__read", "one__write"]);
  for (const method of ["prompts/list", "resources/list", "resources/templates/list", "ping"]) {
    expect((await peer.request(method)).result, method).toBeDefined();
  }
  expect(await heavyLoadsOf(program, place)).toEqual([]);

  const bridge = await serve(place, [], recording(place));
  for (const method of ["server/discover", "tools/list", "prompts/list"]) {
    const response = await fetch(bridge.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": MODERN_VERSION,
        "mcp-method": method,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { _meta: envelope() } }),
    });
    expect(await response.json(), method).toMatchObject({ id: 1, result: {} });
  }
  expect(await heavyLoadsOf(bridge, place)).toEqual([]);
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
