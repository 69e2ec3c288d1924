import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { serveStdio } from "./_peer.ts";
import { createPlace, type Place } from "./_place.ts";
import { until } from "./_processes.ts";

const DOCS = fileURLToPath(new URL("./fixtures/docs.ts", import.meta.url));

/** Looks something up at another server of the bridge, then asks people, then looks again. */
const definition = {
  id: "look-twice",
  input: { type: "object", required: ["word"], properties: { word: { type: "string" } } },
  steps: [
    { id: "first", server: "docs", tool: "search", arguments: { q: "$word", limit: 1 } },
    { id: "ask", type: "approval", message: "Once more?", dependsOn: ["first"] },
    {
      ...{ id: "second", server: "docs", tool: "search", dependsOn: ["ask"] },
      arguments: { q: "$word again", limit: 1 },
    },
  ],
};

function openPlace(): Place {
  const place = createPlace();
  place.configure({
    mcpServers: {
      docs: { command: process.execPath, args: [DOCS, join(place.root, "asked.jsonl")] },
      orchestrator: { embedded: "orchestrator", env: { TRESTLE_PROFILE: "all" } },
    },
  });
  return place;
}

async function open(place: Place) {
  const bridge = await serveStdio(place, "modern");
  const call = async (name: string, args: object) => {
    const { result, error } = await bridge.peer.call(`orchestrator__${name}`, args as never);
    if (error) throw new Error(error.message);
    const { structuredContent, isError, content } = result as Record<string, unknown>;
    if (isError) throw new Error(JSON.stringify(content));
    return structuredContent as Record<string, unknown> & { executionId: string };
  };
  return { call, bridge };
}

function asked(place: Place): string[] {
  const file = join(place.root, "asked.jsonl");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { q: string }).q);
}

test("a workflow calls servers of the bridge, and goes on after the bridge was killed", async () => {
  const place = openPlace();
  const before = await open(place);
  await before.call("register_workflow", { definition });
  const begun = await before.call("execute_workflow", {
    ...{ workflow: "look-twice", input: { word: "pool" }, wait_seconds: 30 },
  });
  expect(begun).toMatchObject({ status: "waiting", completedSteps: ["first"] });
  expect(asked(place)).toEqual(["pool"]);
  process.kill(before.bridge.pid, "SIGKILL");
  await before.bridge.ended;

  const after = await open(place);
  const { executionId } = begun;
  await after.call("approve_step", { executionId, step: "ask", approve: true });
  expect(await after.call("get_execution", { executionId, wait_seconds: 30 })).toMatchObject({
    ...{ status: "succeeded", completedSteps: ["first", "ask", "second"] },
  });
  expect(asked(place)).toEqual(["pool", "pool again"]);
});

test("what happens in the bridge begins a workflow that waits for it", async () => {
  const place = openPlace();
  const { call, bridge } = await open(place);
  const look = { id: "look", server: "docs", tool: "search", arguments: { q: "$tool", limit: 1 } };
  const input = { type: "object", properties: { tool: { type: "string" } } };
  await call("register_workflow", { definition: { id: "on-failure", input, steps: [look] } });
  await call("set_trigger", {
    ...{ id: "t", workflow: "on-failure", input: { tool: "triggered" } },
    event: { topic: "call.tool_error", match: { server: "docs", outcome: "tool_error" } },
  });
  await bridge.peer.call("docs__search", { q: "fine", limit: 1 });
  await bridge.peer.call("docs__search", { q: "trouble", limit: 1 });
  await until("the workflow has looked", () => asked(place).includes("triggered"));
});
