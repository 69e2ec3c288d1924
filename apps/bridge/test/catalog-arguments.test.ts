import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { keyOf, startCore } from "./_core.ts";
import { gotBy, listedEntry } from "./_listed.ts";
import { type PeerEra, serveStdio } from "./_peer.ts";
import { createPlace, run } from "./_place.ts";

const query = {
  name: "query",
  description: "Asks a project.",
  inputSchema: {
    type: "object",
    properties: {
      project: { type: "string" },
      sql: { type: "string" },
      limit: { type: "number" },
      region: { type: "string" },
    },
    required: ["project", "sql", "limit"],
    anyOf: [{ required: ["region"] }, { required: ["project"] }],
    additionalProperties: false,
  },
};
const list = { name: "list", description: "Lists.", inputSchema: { type: "object" } };

function placeOf(rules: object) {
  const place = createPlace();
  const one = { ...listedEntry(place, "one", [query, list]), tools: { arguments: rules } };
  place.configure({ mcpServers: { one } });
  return place;
}

test.each(["legacy", "modern"] as PeerEra[])(
  "forced and default arguments are hidden, filled in, and a forced one cannot be chosen (%s client)",
  async (era) => {
    const place = placeOf({ query: { force: { project: "p1" }, default: { limit: 5 } } });
    const { peer } = await serveStdio(place, era);
    const { result = {} } = await peer.request("tools/list");
    const tools = result.tools as JsonObject[];
    expect(tools.find(({ name }) => name === "one__query")?.inputSchema).toEqual({
      type: "object",
      properties: { sql: { type: "string" }, region: { type: "string" } },
      required: ["sql"],
      anyOf: [{ required: ["region"] }, {}],
      additionalProperties: false,
    });
    const called = async (args: JsonObject) => gotBy(await peer.call("one__query", args)).arguments;
    expect(await called({ sql: "a" })).toEqual({ sql: "a", project: "p1", limit: 5 });
    expect(await called({ sql: "a", limit: 9 })).toEqual({ sql: "a", project: "p1", limit: 9 });
    expect(await called({ sql: "a", project: "p1" })).toMatchObject({ project: "p1" });
    const refused = await peer.call("one__query", { sql: "a", project: "p2" });
    expect(refused.error).toMatchObject({
      message: expect.stringMatching(/"project" of one\.query is set by whoever runs the bridge/),
      data: { code: "invalid_input" },
    });
    // The value itself may be a secret.
    expect(JSON.stringify(refused)).not.toContain("p1");
  },
);

test("they hold whatever way a tool is called, and for all that fit a pattern", async () => {
  const place = placeOf({ "*": { force: { tenant: "t" } }, query: { force: { project: "p1" } } });
  const { peer } = await serveStdio(place, "legacy");
  const through = await peer.call("bridge__call_tool", {
    tool: "one.query",
    arguments: { sql: "a" },
  });
  expect(gotBy(through).arguments).toEqual({ sql: "a", project: "p1" });
  const chosen = { tool: "one.query", arguments: { project: "p2" } };
  const refused = await peer.call("bridge__call_tool", chosen);
  expect(refused.result).toMatchObject({ isError: true });
  expect(JSON.stringify(refused.result)).toContain("cannot be chosen");
  expect(gotBy(await peer.call("one__list")).arguments).toEqual({ tenant: "t" });
  const batch = await peer.call("bridge__batch", { calls: [{ tool: "one__query" }] });
  expect(JSON.stringify(batch.result)).toContain("p1");
});

test("what is forced is shown to whoever runs the bridge, and to no key in its history", async () => {
  const place = createPlace();
  const tools = { arguments: { query: { force: { project: "p-secret" } } } };
  const one = { ...listedEntry(place, "one", [query, list]), tools };
  const { ask, call } = await startCore({ mcpServers: { one } }, place);
  const key = keyOf("key:anna");
  const { _meta } = await call("one__query", { sql: "a" }, key);
  const { execution_id } = (_meta as JsonObject)["trestle/call"] as JsonObject;
  for (const [name, input] of [
    ["history", {}],
    ["why", { execution_id }],
  ] as const) {
    const [own, all] = [await ask(name, input, key), await ask(name, input)];
    expect(JSON.stringify(own)).toContain('"arguments":{"sql":"a"}');
    expect(JSON.stringify(all)).toContain('"project":"p-secret"');
  }
});

test("what cannot be given is said", async () => {
  const place = placeOf({ query: { force: { projekt: "x" } }, qery: { default: { a: 1 } } });
  await serveStdio(place, "legacy").then(({ peer }) => peer.request("tools/list"));
  const { stdout } = await run(place, ["status"]);
  expect(stdout).toMatch(/tools\.arguments: "query" takes no argument "projekt"/);
  expect(stdout).toMatch(/tools\.arguments: it serves no tool "qery"; did you mean "query"\?/);
});
