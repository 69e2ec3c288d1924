import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describeServer } from "@trestle/testkit";
import { afterAll } from "vitest";
import { server } from "../src/index.ts";
import { mountServer } from "./_mount.ts";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "trestle-objects-"));
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
const settings = { OBJECTS_DATA_DIR: join(home, "objects") };

const visits = { class: "counter", id: "visits" };
const mounted = mountServer(home, settings);
await mounted.call("object_initialize", visits);
/** What is deleted is gone: every round of calls has its own. */
const ROUNDS = 120;
for (let index = 1; index <= ROUNDS; index += 1) {
  await mounted.call("object_initialize", { class: "kv", id: `gone-${index}` });
}
await mounted.close();

let round = 0;
describeServer("objects", {
  spawn: { command: process.execPath, args: [bin], env: settings },
  definition: server,
  settings,
  get sampleCalls() {
    round += 1;
    return {
      object_initialize: { class: "kv", id: `settings-${round}` },
      object_call: { ...visits, method: "increment", args: { by: 2 } },
      object_batch_call: { calls: [{ ...visits, method: "get" }] },
      object_get: visits,
      object_list: { class: "counter" },
      object_describe_class: { class: "lock" },
      object_history: { ...visits, limit: 5 },
      object_delete: { class: "kv", id: `gone-${round}`, confirm: `kv/gone-${round}` },
    };
  },
});
