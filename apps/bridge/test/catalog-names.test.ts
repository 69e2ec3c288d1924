import { ListToolsResultSchema } from "@modelcontextprotocol/sdk/types.js";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { gotBy, listedEntry, toolOf, writeTools } from "./_listed.ts";
import { listNames, listNamesWith, type Peer, serveStdio } from "./_peer.ts";
import { createPlace, run } from "./_place.ts";
import { until } from "./_processes.ts";

const LONG = `summarise_${"the_whole_of_it_".repeat(8)}`;
const bad = [
  toolOf("good"),
  { description: "Nobody gave it a name.", inputSchema: { type: "object" } },
  toolOf(""),
  toolOf("good"),
  toolOf(LONG),
  toolOf("größe/fläche"),
  { name: "untyped" },
];

test("bad names are reported, and only their tools are left out or renamed", async () => {
  const place = createPlace();
  place.configure({
    mcpServers: {
      one: listedEntry(place, "one", bad),
      two: listedEntry(place, "two", [toolOf("fine")]),
    },
  });
  const { peer } = await serveStdio(place, "legacy");
  const names = await listNamesWith(peer, "one__good", "two__fine");
  const long = names.find((name) => name.startsWith("one__summarise_")) ?? "";
  expect(names.toSorted()).toEqual(
    ["one__good", "one__gr__e_fl_che", "one__untyped", "two__fine", long].toSorted(),
  );
  expect(long).toMatch(/^[A-Za-z0-9_-]{45}$/);
  // Clients that check every entry give up on the whole list for one.
  const { result } = await peer.request("tools/list");
  expect(ListToolsResultSchema.parse(result).tools).toHaveLength(5);
  expect(gotBy(await peer.call(long)).name).toBe(LONG);
  expect(gotBy(await peer.call("one__gr__e_fl_che")).name).toBe("größe/fläche");
  const { stdout } = await run(place, ["status"]);
  expect(stdout).toMatch(/one: warning: tools: number 2 of its list has no name and is left out/);
  expect(stdout).toMatch(/one: warning: tools: number 3 of its list has no name/);
  expect(stdout).toMatch(/one: warning: tools: it lists "good" twice; the second is left out/);
  expect(stdout).toContain(`is longer than 45 characters: it is offered as "${long}"`);
  expect(stdout).toContain('"größe/fläche" has characters that hosts refuse');
});

/** Once there are any: of one server all of them come at once. */
async function anyNames(peer: Peer): Promise<string[]> {
  await until("it is listed", async () => (await listNames(peer)).length > 0);
  return listNames(peer);
}

test("names are the same after a restart, whatever the order of the list", async () => {
  const place = createPlace();
  const tools = [toolOf("a.b"), toolOf("a/b"), toolOf(LONG), toolOf(`${LONG}_too`)];
  place.configure({ mcpServers: { one: listedEntry(place, "one", tools) } });
  const reached = async (): Promise<JsonObject> => {
    const { peer, process, ended } = await serveStdio(place, "legacy");
    const entries: [string, unknown][] = [];
    for (const name of await anyNames(peer)) {
      entries.push([name, gotBy(await peer.call(name)).name as string]);
    }
    process.stdin.end();
    await ended;
    return Object.fromEntries(entries.toSorted()) as JsonObject;
  };
  const before = await reached();
  expect(Object.keys(before)).toHaveLength(4);
  writeTools(place, "one", tools.toReversed());
  expect(await reached()).toEqual(before);
});

test("a tool that comes never takes over the name of another", async () => {
  const place = createPlace();
  const reread = toolOf("reread");
  place.configure({ mcpServers: { one: listedEntry(place, "one", [toolOf("a/b"), reread]) } });
  const { peer } = await serveStdio(place, "legacy");
  await listNamesWith(peer, "one__a_b");
  expect(gotBy(await peer.call("one__a_b")).name).toBe("a/b");
  writeTools(place, "one", [toolOf("a.b"), toolOf("a/b"), reread]);
  await peer.call("one__reread");
  await until("the new list is served", async () => (await listNames(peer)).length === 3);
  expect((await peer.call("one__a_b")).error?.message).toMatch(/Unknown tool/);
});
