import { appendFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type JsonObject, LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { server } from "../src/server.ts";

/** The server in a process of its own, which calls the tools that it is told to and then waits to be killed. */
const [folder = "", ...requests] = process.argv.slice(2);
const host = createStandaloneHost({
  dataDir: join(folder, "data"),
  clock: systemClock,
  log: silentLogger,
});
const calls = {
  listTools: async () => [],
  async callTool(_: string, tool: string, args: JsonObject, { idempotencyKey: key = "" } = {}) {
    appendFileSync(join(folder, "calls.jsonl"), `${JSON.stringify({ tool, args, key })}\n`);
    return { content: [], structuredContent: { ok: true } };
  },
};
const instance = server.mount({ ...host, forGrant: () => calls, forCall: () => calls }, {});
// The server's own timers keep no process alive.
setInterval(() => {}, 60_000);
for (const request of requests) {
  const result = await instance.request("tools/call", JSON.parse(request) as JsonObject, {
    principal: LOCAL_PRINCIPAL,
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
  });
  if (result.isError) throw new Error(JSON.stringify(result));
}
process.stdout.write("ready\n");
