import process from "node:process";
import { fileURLToPath } from "node:url";
import { describeServer } from "@trestle/testkit";
import { sample } from "../packages/server-kit/test/fixtures/sample/server.ts";

const bin = new URL("../packages/server-kit/test/fixtures/sample/bin.ts", import.meta.url);

describeServer("the sample server", {
  spawn: { command: process.execPath, args: [fileURLToPath(bin)] },
  definition: sample,
  sampleCalls: { add_note: { text: "tea" }, list_notes: {} },
  longCall: { tool: "wait", arguments: {} },
  secret: { env: "SAMPLE_GREETING", value: "canary-7f3a-greeting", canary: "canary-7f3a" },
});
