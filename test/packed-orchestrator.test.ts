import { join } from "node:path";
import {
  prepareWork,
  type SampleWork,
  sampleCalls,
} from "../servers/orchestrator/test/_sample-work.ts";
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
process.stdout.write(JSON.stringify(await (${prepareWork})(call)));
await instance.close();
await host.close();`;

let made: SampleWork;

describeInstalled("the orchestrator", {
  args: ({ bin }) => [bin("trestle-orchestrator")],
  env: ({ scratch }) => ({ ORCHESTRATOR_DATA_DIR: join(scratch, "work") }),
  async prepare(installed) {
    const folders = ["work", "own"].map((name) => join(installed.scratch, name));
    made = JSON.parse(await runBeside(installed, prepare, ...folders));
  },
  calls: () => sampleCalls(made),
});
