import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describeServer } from "@trestle/testkit";
import { afterAll } from "vitest";
import { server } from "../src/index.ts";
import { writeSession } from "./_home.ts";
import { mountServer } from "./_mount.ts";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** One home for all, with a task and an error that the calls are about. */
const home = mkdtempSync(join(tmpdir(), "trestle-tracker-"));
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
const session = writeSession(home, "one", { at: Date.now() - 3_600_000 });
session.ask("Please mend the till");
session.plan([{ content: "Mend the till", status: "in_progress" }]);
session.run("npm test", "Exit code 1\nTypeError: till is not a function", true);

const store = { TRACKER_DATA_DIR: join(home, "store") };
const mounted = mountServer(home, store);
const { tasks } = await mounted.call("get_unfinished_tasks");
const { errors } = (await mounted.call("generate_system_report")) as {
  errors: { group: string }[];
};
const id = (tasks as { id: string }[])[0]?.id ?? "";
const group = errors[0]?.group ?? "";
await mounted.instance.close();
const settings = { ...store, TRACKER_HOME_DIR: home };

describeServer("tracker", {
  spawn: { command: process.execPath, args: [bin], env: settings },
  definition: server,
  settings,
  sampleCalls: {
    get_unfinished_tasks: { limit: 5 },
    update_task: { id, priority: 70, by: "Ada" },
    search_history: { query: "till" },
    correlate_conversations: {},
    get_error_correlations: { since: "7d" },
    resolve_error: { group, note: "it is a function now" },
    validate_fixes: { group, fixedAt: "1h" },
    get_insights: { timeframe: "7d" },
    system_health_check: {},
    get_task_analytics: { since: "7d" },
    generate_system_report: { since: "24h" },
    ingest_chat: { text: "User: Mend the door\n\nAssistant: I will do that tomorrow." },
  },
});
