import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { LOCAL_PRINCIPAL, type RequestContext, silentLogger, systemClock } from "@trestle/protocol";
import { describeServer } from "@trestle/testkit";
import { createStandaloneHost, type JsonObject } from "@trestle-mcp/server-kit";
import { afterAll } from "vitest";
import { server } from "../src/index.ts";
import { prepareWork, sampleCalls } from "./_sample-work.ts";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "trestle-orchestrator-"));
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

const settings = { ORCHESTRATOR_DATA_DIR: join(home, "orchestrator") };

const context: RequestContext = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
};

const work = await prepare();

describeServer("orchestrator", {
  spawn: { command: process.execPath, args: [bin], env: settings },
  definition: server,
  settings,
  get sampleCalls() {
    return sampleCalls(work);
  },
});

async function prepare() {
  const host = createStandaloneHost({
    ...{ dataDir: join(home, "host"), clock: systemClock, log: silentLogger },
  });
  const instance = server.mount(host, settings);
  const call = async (name: string, args: JsonObject) => {
    const answer = await instance.request("tools/call", { name, arguments: args }, context);
    if (answer.isError) throw new Error(JSON.stringify(answer.content));
    return answer.structuredContent as { executionId: string; swarm: string };
  };
  const prepared = await prepareWork(call);
  await instance.close();
  await host.close();
  return prepared;
}
