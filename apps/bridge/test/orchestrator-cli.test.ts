import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { nodeEnvironment } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { serveStdio } from "./_peer.ts";
import { createPlace } from "./_place.ts";

const DOCS = fileURLToPath(new URL("./fixtures/docs.ts", import.meta.url));
const CLI = new URL("./bin.ts", import.meta.resolve("@trestle-mcp/orchestrator"));
const execute = promisify(execFile);

test("the command line executes workflows in the home of a bridge, which calls its servers", async () => {
  const place = createPlace();
  place.configure({
    mcpServers: {
      docs: { command: process.execPath, args: [DOCS, join(place.root, "asked.jsonl")] },
      orchestrator: { embedded: "orchestrator" },
    },
  });
  const { peer } = await serveStdio(place, "modern");
  const step = { id: "look", server: "docs", tool: "search", arguments: { q: "pool", limit: 1 } };
  const definition = { id: "look", steps: [step] };
  const { result, error } = await peer.call("orchestrator__register_workflow", { definition });
  expect([error, result?.isError ?? false]).toEqual([undefined, false]);
  const { stdout } = await execute(
    process.execPath,
    [fileURLToPath(CLI), "run", "look", "--json"],
    {
      env: { ...nodeEnvironment(), TRESTLE_HOME: place.home },
    },
  );
  expect(JSON.parse(stdout)).toMatchObject({ status: "succeeded", completedSteps: ["look"] });
}, 120_000);
