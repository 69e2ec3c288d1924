import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LOCAL_PRINCIPAL, type RequestContext, silentLogger, systemClock } from "@trestle/protocol";
import { describeServer } from "@trestle/testkit";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { server as tracker } from "@trestle-mcp/tracker";
import { afterAll } from "vitest";

const context: RequestContext = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
};
const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "trestle-bridge-tracker-"));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const env = { TRACKER_HOME_DIR: folder, TRACKER_DATA_DIR: join(folder, "store") };
const project = join(folder, ".claude", "projects", "-srv-shop");
mkdirSync(project, { recursive: true });
writeFileSync(join(project, "one.jsonl"), sessionLines());

const { id, group } = await taskAndError();

const configFile = join(folder, "trestle.json");
const mcpServers = { tracker: { embedded: "tracker" } };
const catalog = { tools: { own: "hidden" } };
writeFileSync(configFile, JSON.stringify({ mcpServers, catalog }));

describeServer("the tracker in the bridge", {
  spawn: {
    command: process.execPath,
    args: [bin, "--config", configFile, "serve", "--stdio"],
    env,
  },
  isOwnProgram: true,
  sampleCalls: {
    tracker__get_unfinished_tasks: { limit: 5 },
    tracker__update_task: { id, priority: 70, by: "Ada" },
    tracker__search_history: { query: "till" },
    tracker__correlate_conversations: {},
    tracker__get_error_correlations: { since: "7d" },
    tracker__resolve_error: { group, note: "it is a function now" },
    tracker__validate_fixes: { group, fixedAt: "1h" },
    tracker__get_insights: { timeframe: "7d" },
    tracker__system_health_check: {},
    tracker__get_task_analytics: { since: "7d" },
    tracker__generate_system_report: { since: "24h" },
    tracker__ingest_chat: { text: "User: Mend the door\n\nAssistant: I will do that tomorrow." },
  },
});

/** A session of Claude Code that left a task and met an error. */
function sessionLines(): string {
  const todos = [{ content: "Mend the till", status: "in_progress", activeForm: "Mending" }];
  const output = "Exit code 1\nTypeError: till is not a function";
  const messages = [
    { role: "user", content: "Mend the till" },
    ...called("c1", "TodoWrite", { todos }, { content: "ok" }),
    ...called("c2", "Bash", { command: "npm test" }, { content: output, is_error: true }),
  ];
  const began = Date.now() - 3_600_000;
  return messages
    .map((message, at) => {
      const timestamp = new Date(began + at * 60_000).toISOString();
      const facts = { uuid: `u${at}`, sessionId: "one", cwd: "/srv/shop", timestamp };
      return `${JSON.stringify({ type: message.role, message, ...facts })}\n`;
    })
    .join("");
}

function called(id: string, name: string, input: object, result: object) {
  const answer = { type: "tool_result", tool_use_id: id, ...result };
  return [
    { role: "assistant", content: [{ type: "tool_use", id, name, input }] },
    { role: "user", content: [answer] },
  ];
}

/** What the calls are about, read by the tracker without a bridge. */
async function taskAndError(): Promise<{ id: string; group: string }> {
  const host = createStandaloneHost({
    ...{ dataDir: join(folder, "host"), clock: systemClock, log: silentLogger },
  });
  const instance = tracker.mount(host, env);
  const call = async (name: string) => {
    const answer = await instance.request("tools/call", { name, arguments: {} }, context);
    return answer.structuredContent as Record<"tasks" | "errors", Record<string, string>[]>;
  };
  const [task] = (await call("get_unfinished_tasks")).tasks;
  const [error] = (await call("generate_system_report")).errors;
  await instance.close();
  await host.close();
  return { id: task?.id ?? "", group: error?.group ?? "" };
}
