import { join } from "node:path";
import { describeInstalled, runBeside } from "./_installed.ts";

/** Makes a workflow whose steps people end, executions of it that wait or are paused, and a swarm. */
const prepare = `import { server } from "@trestle-mcp/orchestrator";
import { createStandaloneHost, LOCAL_PRINCIPAL, systemClock } from "@trestle-mcp/server-kit";
const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const [dataDir, own] = process.argv.slice(1);
const host = createStandaloneHost({ dataDir: own, clock: systemClock, log });
const instance = server.mount(host, { ORCHESTRATOR_DATA_DIR: dataDir });
const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} };
const context = { principal: LOCAL_PRINCIPAL, signal: new AbortController().signal, client };
const call = async (name, args) =>
  (await instance.request("tools/call", { name, arguments: args }, context)).structuredContent;
const ask = (id) => ({ id, type: "approval", message: "Go on?" });
await call("register_workflow", { definition: { id: "ask", steps: [ask("first"), ask("second")] } });
const begin = async () => (await call("execute_workflow", { workflow: "ask", wait_seconds: 0 })).executionId;
const [waiting, paused] = [[], []];
for (let round = 0; round < 60; round += 1) {
  waiting.push(await begin(), await begin());
  paused.push(await begin());
  await call("pause_execution", { executionId: paused.at(-1) });
}
const { swarm } = await call("create_swarm", { name: "doors", maxAgents: 500 });
process.stdout.write(JSON.stringify({ waiting, paused, swarm }));
await instance.close();
await host.close();`;

let made: { waiting: string[]; paused: string[]; swarm: string };

describeInstalled("the orchestrator", {
  args: ({ bin }) => [bin("trestle-orchestrator")],
  env: ({ scratch }) => ({ ORCHESTRATOR_DATA_DIR: join(scratch, "work") }),
  async prepare(installed) {
    const folders = ["work", "own"].map((name) => join(installed.scratch, name));
    made = JSON.parse(await runBeside(installed, prepare, ...folders));
  },
  calls() {
    const [decided = "", cancelled = ""] = made.waiting.splice(0, 2);
    return {
      register_workflow: {
        definition: { id: "more", steps: [{ id: "rest", type: "approval", message: "?" }] },
      },
      list_workflows: {},
      get_workflow: { id: "ask" },
      execute_workflow: { workflow: "ask", wait_seconds: 0 },
      get_execution: { executionId: decided },
      list_executions: { limit: 5 },
      approve_step: { executionId: decided, step: "first", approve: true },
      cancel_execution: { executionId: cancelled },
      resume_execution: { executionId: made.paused.pop() ?? "" },
      create_swarm: { name: "tills" },
      join_swarm: { swarm: made.swarm },
    };
  },
});
