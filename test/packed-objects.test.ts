import { join } from "node:path";
import { describeInstalled, runBeside } from "./_installed.ts";

const ROUNDS = 60;

/** Makes a counter, and what is deleted one by one. */
const prepare = `import { server } from "@trestle-mcp/objects";
import { createStandaloneHost, LOCAL_PRINCIPAL, systemClock } from "@trestle-mcp/server-kit";
const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const [dataDir, own] = process.argv.slice(1);
const host = createStandaloneHost({ dataDir: own, clock: systemClock, log });
const instance = server.mount(host, { OBJECTS_DATA_DIR: dataDir });
const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} };
const context = { principal: LOCAL_PRINCIPAL, signal: new AbortController().signal, client };
const make = (ref) => instance.request("tools/call", { name: "object_initialize", arguments: ref }, context);
await make({ class: "counter", id: "visits" });
for (let round = 1; round <= ${ROUNDS}; round += 1) await make({ class: "kv", id: "gone-" + round });
await instance.close();
await host.close();`;

const visits = { class: "counter", id: "visits" };
let round = 0;

describeInstalled("the objects", {
  args: ({ bin }) => [bin("trestle-objects")],
  env: ({ scratch }) => ({ OBJECTS_DATA_DIR: join(scratch, "objects") }),
  async prepare(installed) {
    await runBeside(
      installed,
      prepare,
      join(installed.scratch, "objects"),
      join(installed.scratch, "own"),
    );
  },
  calls() {
    round += 1;
    return {
      object_initialize: { class: "kv", id: `settings-${round}` },
      object_call: { ...visits, method: "increment" },
      object_batch_call: { calls: [{ ...visits, method: "get" }] },
      object_get: visits,
      object_list: { class: "counter" },
      object_describe_class: { class: "lock" },
      object_history: { ...visits, limit: 5 },
      object_delete: { class: "kv", id: `gone-${round}`, confirm: `kv/gone-${round}` },
    };
  },
});
