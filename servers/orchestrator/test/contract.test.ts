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

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "trestle-orchestrator-"));
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

const settings = { ORCHESTRATOR_DATA_DIR: join(home, "orchestrator") };

const context: RequestContext = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
};

/** Steps that people end, so that no other server is needed. */
const definition = {
  id: "ask-twice",
  steps: [
    { id: "first", type: "approval", message: "Go on?" },
    { id: "second", type: "approval", message: "Sure?", dependsOn: ["first"] },
  ],
};

/** Which of them are decided, cancelled or resumed is over after that: every round of calls has its own. */
const ROUNDS = 60;
const { waiting, paused, swarm } = await prepare();

describeServer("orchestrator", {
  spawn: { command: process.execPath, args: [bin], env: settings },
  definition: server,
  settings,
  get sampleCalls() {
    const [decided = "", cancelled = ""] = waiting.splice(0, 2);
    return {
      register_workflow: { definition: { ...definition, id: "ask-again" } },
      list_workflows: {},
      get_workflow: { id: "ask-twice" },
      execute_workflow: { workflow: "ask-twice", wait_seconds: 0 },
      get_execution: { executionId: decided },
      list_executions: { limit: 5 },
      approve_step: { executionId: decided, step: "first", approve: true },
      cancel_execution: { executionId: cancelled },
      resume_execution: { executionId: paused.pop() ?? "" },
      create_swarm: { name: "tills" },
      join_swarm: { swarm },
    };
  },
});

/** Executions that wait for people or are paused, and a swarm. */
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
  const begin = () => call("execute_workflow", { workflow: "ask-twice", wait_seconds: 0 });
  await call("register_workflow", { definition });
  const begun = [];
  for (let round = 0; round < 3 * ROUNDS; round += 1) begun.push((await begin()).executionId);
  const stopped = begun.splice(0, ROUNDS);
  for (const executionId of stopped) await call("pause_execution", { executionId });
  const made = await call("create_swarm", { name: "doors", maxAgents: 500 });
  await instance.close();
  await host.close();
  return { waiting: begun, paused: stopped, swarm: made.swarm };
}
