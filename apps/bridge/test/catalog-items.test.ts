import {
  ListPromptsResultSchema,
  ListResourcesResultSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import { offer, placeOf } from "./_listers.ts";
import { listNames, serveStdio } from "./_peer.ts";
import { run } from "./_place.ts";

test("prompts and resources that clients would refuse the whole list for are left out or named, and reported", async () => {
  const place = placeOf({ one: [] });
  offer(place, "one", {
    tools: [],
    prompts: [{ name: "greet" }, { name: 5 }, {}, { name: "greet", description: "again" }],
    resources: [{ uri: "note://a", name: "a" }, { uri: 5 }, {}, { uri: "note://b" }],
  });
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toEqual([]);
  const prompts = ListPromptsResultSchema.parse((await peer.request("prompts/list")).result);
  expect(prompts.prompts).toEqual([{ name: "one__greet" }]);
  const resources = ListResourcesResultSchema.parse((await peer.request("resources/list")).result);
  expect(resources.resources).toEqual([
    { uri: "one+note://a", name: "a" },
    { uri: "one+note://b", name: "note://b" },
  ]);
  const { stdout } = await run(place, ["status"]);
  expect(stdout).toMatch(/one: warning: prompts: number 2 of its list has no name and is left out/);
  expect(stdout).toMatch(/one: warning: prompts: it lists "greet" twice; the second is left out/);
  expect(stdout).toMatch(/one: warning: resources: number 2 of its list has no uri and is left/);
  expect(stdout).toMatch(/one: warning: resources: note:\/\/b has no name/);
});
