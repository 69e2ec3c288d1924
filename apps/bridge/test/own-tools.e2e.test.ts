import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { JsonObject } from "@trestle/protocol";
import { compileCache } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type RunningBridge, startBridge, temporaryFolder } from "./_bridge.ts";
import { type AnyClient, CLIENT_KINDS, connectClient } from "./_clients.ts";
import { createPlace, type Place, serve } from "./_place.ts";
import { entry } from "./_upstreams.ts";

const FIXTURE = fileURLToPath(
  new URL("../../../packages/testkit/src/conformance/_fixture-stdio.ts", import.meta.url),
);

const OWN = [
  ...["batch", "cache_clear", "cache_toggle", "call_tool", "describe_tool", "find_tools"],
  ...["health", "history", "metrics", "read_result", "review_list", "review_resolve", "run_chain"],
].map((name) => `bridge__${name}`);

/** One bridge for all clients that use its own tools where they are listed. */
let shared: RunningBridge;
beforeAll(async () => {
  const home = temporaryFolder();
  shared = await startBridge({ home, config: configOf({ root: home }, { own: "listed" }) });
});
afterAll(() => shared?.stop());

test.each(CLIENT_KINDS)(
  "a client of kind %s lists and uses the bridge's own tools",
  async (kind) => {
    const client = await connect(kind, shared.url);
    const { tools } = await client.ask("listTools");
    const own = (tools as JsonObject[]).filter(({ name }) => String(name).startsWith("bridge__"));
    expect(own.map(({ name }) => name)).toEqual(OWN);
    for (const tool of own) {
      const { properties = {} } = tool.inputSchema as { properties?: Record<string, object> };
      for (const [field, schema] of Object.entries(properties)) {
        expect(schema, `${tool.name}.${field}`).toHaveProperty("description");
      }
      expect(tool).toMatchObject({
        title: expect.stringMatching(/\S/),
        outputSchema: { type: "object" },
        annotations: { readOnlyHint: expect.any(Boolean), destructiveHint: expect.any(Boolean) },
      });
    }
    // The client itself checks structured content against the schema that was listed.
    const step = { server: "two", tool: "echo", arguments: { text: "b" } };
    const calls: [string, JsonObject, RegExp][] = [
      ["find_tools", { query: "echo" }, /one__echo/],
      ["describe_tool", { tool: "one.echo" }, /input_schema/],
      ["call_tool", { tool: "one.echo", arguments: { text: "hello" } }, /^hello$/],
      ["batch", { calls: [{ tool: "one.echo", arguments: { text: "a" } }] }, /1 succeeded.*a$/s],
      ["run_chain", { steps: [step], mermaid: true }, /succeeded, 1 of 1/],
      ["history", { server: "one" }, /one\.echo success/],
      ["metrics", {}, /"calls":/],
      ["health", {}, /is well/],
      ["cache_clear", {}, /0 cached/],
      ["cache_toggle", { enabled: true }, /is on/],
      ["review_list", {}, /Nothing waits/],
    ];
    for (const [name, args, text] of calls) {
      const result = await client.ask("callTool", { name: `bridge__${name}`, arguments: args });
      expect(result, JSON.stringify(result)).not.toHaveProperty("isError", true);
      expect(result.structuredContent).toBeTypeOf("object");
      expect((result.content as JsonObject[])[0]?.text).toMatch(text);
    }
  },
);

test("an error of the inner tool is the error of call_tool, and unknown fields are named", async () => {
  const client = await connect("v2", shared.url);
  const call = (args: JsonObject) =>
    client.ask("callTool", { name: "bridge__call_tool", arguments: args });
  const failed = await call({ tool: "fixture.test_error_handling" });
  expect(failed).toMatchObject({ isError: true });
  const unknown = await call({ tool: "one.ech" });
  expect(unknown).toMatchObject({ isError: true });
  expect(JSON.stringify(unknown.content)).toContain("one__echo");
  expect(JSON.stringify(await call({ tol: "one.echo" }))).toContain("tol");
});

test("hidden ones can be called and are not listed; those that are off are not there", async () => {
  const names = async (client: AnyClient) =>
    ((await client.ask("listTools")).tools as JsonObject[]).map(({ name }) => String(name));
  const ask = { name: "bridge__health", arguments: {} };
  const hidden = await connect("v2", (await serve(placeOf({ own: "hidden" }))).url);
  expect((await names(hidden)).filter((name) => name.startsWith("bridge__"))).toEqual([]);
  expect(await hidden.ask("callTool", ask)).toMatchObject({ structuredContent: { status: "ok" } });
  const off = await connect("v2", (await serve(placeOf({ own: "off" }))).url);
  await expect(off.ask("callTool", ask)).rejects.toThrow(/Unknown tool/);
});

test("they are prefixed where no other tool is", async () => {
  const place = placeOf({ own: "listed" }, { prefix: "never" });
  const client = await connect("v2", (await serve(place)).url);
  const { tools } = await client.ask("listTools");
  const names = (tools as JsonObject[]).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["echo", ...OWN]));
});

test("progress of the inner tool reaches who called call_tool", async () => {
  const client = await connect("v2", shared.url);
  const told: JsonObject[] = [];
  await client.ask(
    "callTool",
    { name: "bridge__call_tool", arguments: { tool: "fixture.test_tool_with_progress" } },
    { onprogress: (progress) => told.push(progress) },
  );
  expect(told.map(({ progress }) => progress)).toEqual([0, 50, 100]);
});

test.each(["auto", "legacy"] as const)(
  "what the inner tool asks of the user is asked through call_tool (%s client)",
  async (mode) => {
    const capabilities = { elicitation: { form: {} } };
    const info = { name: "asked", version: "1" };
    const client = new Client(info, { capabilities, versionNegotiation: { mode } });
    const answers: Record<string, string> = { name: "Ann", color: "green" };
    client.setRequestHandler("elicitation/create", ({ params }) => {
      const { requestedSchema } = params as unknown as { requestedSchema: { properties: object } };
      const [field = ""] = Object.keys(requestedSchema.properties);
      return { action: "accept", content: { [field]: answers[field] ?? "" } };
    });
    await client.connect(new StreamableHTTPClientTransport(new URL(shared.url)));
    onTestFinished(() => client.close());
    const tool = "fixture.test_input_required_result_multi_round";
    const result = await client.callTool({ name: "bridge__call_tool", arguments: { tool } });
    expect(result.content).toMatchObject([{ text: "Ann likes green" }]);
  },
);

test("an entry that is named as the bridge itself is reported, and the others are served", async () => {
  const place = createPlace();
  const one = entry(place, "one");
  place.configure({ mcpServers: { one, bridge: entry(place, "bridge") } });
  const { stdout } = await serve(place);
  expect(stdout()).toMatch(/bridge: NOT SERVED: "bridge" is reserved/);
});

function placeOf(tools: object, catalog: object = {}): Place {
  const place = createPlace();
  place.configure(configOf(place, tools, catalog));
  return place;
}

function configOf(place: Pick<Place, "root">, tools: object, catalog: object = {}): object {
  const args = [FIXTURE, join(place.root, "fixture")];
  const fixture = { command: process.execPath, args, env: compileCache() };
  const mcpServers = { one: entry(place, "one"), two: entry(place, "two"), fixture };
  return { mcpServers, catalog: { ...catalog, tools } };
}

async function connect(kind: (typeof CLIENT_KINDS)[number], url: string): Promise<AnyClient> {
  const client = await connectClient(kind, { url });
  onTestFinished(() => client.close());
  return client;
}
