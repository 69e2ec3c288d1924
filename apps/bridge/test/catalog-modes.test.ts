import type { JsonObject } from "@trestle/protocol";
import { MODERN_VERSION } from "@trestle/protocol";
import { expect, test } from "vitest";
import { tokensOf } from "../src/catalog/tokens.ts";
import { keyOf, startCore } from "./_core.ts";
import { gotBy, listedEntry, toolOf, writeTools } from "./_listed.ts";
import { listNames, type Peer, type PeerEra, serveStdio } from "./_peer.ts";
import { createPlace, type Place } from "./_place.ts";
import { until } from "./_processes.ts";

const CARRIERS = ["bridge__find_tools", "bridge__describe_tool", "bridge__call_tool"];

/** `client` of the test's peers is called `test`. */
function placeOf(catalog: object, tools: readonly object[]): Place {
  const place = createPlace();
  const mcpServers = { one: listedEntry(place, "one", tools) };
  place.configure({ mcpServers, catalog: { tools: { own: "hidden" }, ...catalog } });
  return place;
}

const many = (count: number, length: number): JsonObject[] => [
  toolOf("reread"),
  ...Array.from({ length: count }, (_, index) => toolOf(`tool_${index}`, { a: {} }, length)),
];

test.each(["legacy", "modern"] as PeerEra[])(
  "search mode lists three tools in less than 1,000 tokens, and every tool can be called (%s client)",
  async (era) => {
    const { peer } = await serveStdio(placeOf({ mode: "search" }, many(30, 100)), era);
    const { result = {} } = await peer.request("tools/list");
    const tools = result.tools as JsonObject[];
    expect(tools.map(({ name }) => name)).toEqual(CARRIERS);
    // All that is listed, more than hosts show a model.
    expect(tokensOf(tools)).toBeLessThan(1_000);
    const found = await peer.call("bridge__find_tools", { query: "tool 7", limit: 3 });
    expect(JSON.stringify(found.result)).toContain("one__tool_7");
    const told = await peer.call("bridge__describe_tool", { tool: "one__tool_7" });
    expect(told.result?.structuredContent).toMatchObject({ name: "one__tool_7" });
    const through = { tool: "one__tool_7", arguments: { a: 1 } };
    expect(gotBy(await peer.call("bridge__call_tool", through)).arguments).toEqual({ a: 1 });
    expect(gotBy(await peer.call("one__tool_7", { a: 2 })).arguments).toEqual({ a: 2 });
  },
);

test("auto searches above the budget only where that saves, and tells when it switches", async () => {
  const catalog = { mode: "auto", auto: { aboveTokens: 5_000 } };
  const place = placeOf(catalog, many(20, 100));
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toHaveLength(21);
  writeTools(place, "one", many(200, 400));
  await peer.call("one__reread");
  await until("the client is told", () => changesTold(peer) === 1);
  expect(await listNames(peer)).toEqual(CARRIERS);
  // More of them make no difference to who sees none of them.
  writeTools(place, "one", many(201, 400));
  await peer.call("one__reread");
  await until("the new tool is served", async () => !(await peer.call("one__tool_200")).error);
  expect(await listNames(peer)).toEqual(CARRIERS);
  expect(changesTold(peer)).toBe(1);
  writeTools(place, "one", many(3, 100));
  await peer.call("one__reread");
  await until("the client is told again", () => changesTold(peer) === 2);
  expect(await listNames(peer)).toHaveLength(4);
});

test("auto lists a few long tools whole: searching for them would cost more", async () => {
  const catalog = { mode: "auto", auto: { aboveTokens: 100 } };
  const { peer } = await serveStdio(placeOf(catalog, many(4, 4_000)), "legacy");
  expect(await listNames(peer)).toHaveLength(5);
});

test("a client that searches itself gets the whole list in auto", async () => {
  const catalog = { mode: "auto", auto: { aboveTokens: 100, fullFor: ["TES*"] } };
  const { peer } = await serveStdio(placeOf(catalog, many(100, 400)), "modern");
  expect(await listNames(peer)).toHaveLength(101);
});

test("a change of the mode is in effect at once, and clients are told", async () => {
  const place = placeOf({}, many(3, 10));
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toHaveLength(4);
  const mcpServers = { one: listedEntry(place, "one", many(3, 10)) };
  place.configure({ mcpServers, catalog: { tools: { own: "hidden" }, mode: "search" } });
  await until("the client is told", () => changesTold(peer) > 0);
  expect(await listNames(peer)).toEqual(CARRIERS);
});

test("a profile shows a client or a key its part of the tools, in a mode of its own", async () => {
  const profiles = {
    writer: { clients: ["writer"], tools: ["one.write", "two__*"] },
    robots: { principals: ["key:robot*"], mode: "search" },
    quiet: { clients: ["quiet"], principals: ["local"], tools: [] },
  };
  const { bridge, ask } = await startCore({ catalog: { tools: { own: "hidden" }, profiles } });
  const listFor = async (client: string, who: object = {}) => {
    const context = {
      principal: { id: "local", kind: "local" as const },
      ...who,
      signal: new AbortController().signal,
      client: clientOf(client),
    };
    const { tools } = await bridge.instance.request("tools/list", {}, context);
    return (tools as JsonObject[]).map(({ name }) => String(name));
  };
  const writers = await listFor("Writer");
  expect(writers).toHaveLength(6);
  expect(writers).toEqual(expect.arrayContaining(["one__write", "two__echo"]));
  expect(await listFor("other")).toHaveLength(10);
  expect(await listFor("quiet")).toEqual([]);
  expect(await listFor("quiet", keyOf("key:1"))).toHaveLength(10);
  expect(await listFor("any", keyOf("key:robot-7"))).toEqual(CARRIERS);

  const client = clientOf("writer");
  const { tools } = await ask("find_tools", { query: "echo" }, { client });
  expect((tools as JsonObject[]).map(({ name }) => name)).toEqual(["two__echo"]);
  // It is no right: whoever knows a name may call it.
  const called = await ask("call_tool", { tool: "one.echo", arguments: { text: "x" } }, { client });
  expect(called.result).toMatchObject({ content: [{ text: "x" }] });
});

test("a profile shows no more than a key may use", async () => {
  const profiles = { all: { tools: ["*"] }, none: { clients: ["nobody"] } };
  const { bridge } = await startCore({ catalog: { tools: { own: "hidden" }, profiles } });
  const context = {
    ...keyOf("key:narrow", ["one:*:read"]),
    signal: new AbortController().signal,
    client: clientOf("x"),
  };
  const { tools } = await bridge.instance.request("tools/list", {}, context);
  expect((tools as JsonObject[]).map(({ name }) => name)).toEqual(["one__echo", "one__read"]);
});

function clientOf(name: string) {
  const facts = { era: "modern" as const, protocolVersion: MODERN_VERSION, capabilities: {} };
  return { ...facts, info: { name, version: "1" } };
}

function changesTold({ notifications }: Peer): number {
  return notifications.filter(({ method }) => method === "notifications/tools/list_changed").length;
}
