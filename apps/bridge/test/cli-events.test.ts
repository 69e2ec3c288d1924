import type { JsonObject } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "./_bridge.ts";
import { trestle } from "./_cli.ts";
import { createPlace, type HttpBridge, serve, start } from "./_place.ts";
import { until } from "./_processes.ts";
import { startRest } from "./_rest.ts";

const CALL = { tool: "orchestrator.list_workflows", arguments: {} };

const PATIENCE_MS = 60_000;

async function call({ url }: HttpBridge): Promise<void> {
  const rest = url.replace(/\/mcp$/, "/api/mcp");
  await fetch(`${rest}/tool/call`, { method: "POST", body: JSON.stringify(CALL) });
}

test("events are followed by topic and field, over a restart of the bridge, until Ctrl-C", async () => {
  const place = createPlace({ mcpServers: { orchestrator: { embedded: "orchestrator" } } });
  const first = await serve(place);
  const only = ["--topic", "call.*", "--where", "tool=list_workflows"];
  const seen = start(place, ["events", "--json", "--since", "0", ...only]);
  const frames = (): JsonObject[] =>
    seen
      .stdout()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as JsonObject);
  const events = () => frames().filter(({ type }) => type === "event");
  await until(
    "a call is told",
    async () => {
      await call(first);
      return events().length > 0;
    },
    PATIENCE_MS,
  );
  first.process.kill("SIGTERM");
  await first.ended;
  await until("the end is told", () => seen.stderr().includes("has gone away"), PATIENCE_MS);

  const again = await serve(place);
  const before = events().length;
  await until(
    "a call of the next run is told",
    async () => {
      await call(again);
      return events().length > before;
    },
    PATIENCE_MS,
  );
  for (const { topic, payload } of events()) {
    expect([topic, payload]).toEqual([
      "call.success",
      expect.objectContaining({ tool: "list_workflows" }),
    ]);
  }
  seen.process.kill("SIGINT");
  expect(await seen.ended).toBe(130);
}, 180_000);

test("who is not let in, and who asks where nothing runs, is told so", async () => {
  const home = temporaryFolder();
  expect(await trestle(["events"], { home })).toMatchObject({
    ...{ code: 69, stdout: "" },
    stderr: expect.stringContaining("trestle serve"),
  });
  const bridge = await startRest({ http: { key: "a-key-of-sixteen-letters" } });
  onTestFinished(async () => void (await bridge.stop()));
  const env = { MCP_BRIDGE_URL: bridge.url, MCP_API_KEY: "another-key-of-letters" };
  expect(await trestle(["events"], { home, env })).toMatchObject({
    ...{ code: 77, stdout: "" },
    stderr: expect.stringContaining("MCP_API_KEY"),
  });
  const bad = await trestle(["events", "--count", "0"], { home: bridge.home });
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining("--count") });
});
