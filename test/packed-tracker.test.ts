import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInstalled, type InstalledProgram, nodes, outcomeOf } from "./_installed.ts";

/** A session as Claude Code writes it: a task that was begun, and a command that failed. */
function writeTranscript(home: string): void {
  const folder = join(home, ".claude", "projects", "-srv-shop");
  mkdirSync(folder, { recursive: true });
  const todos = [{ content: "Mend the till", status: "in_progress", activeForm: "Mending" }];
  const use = (id: string, name: string, input: object) => ({ type: "tool_use", id, name, input });
  const result = (id: string, content: string) => ({
    ...{ type: "tool_result", tool_use_id: id, content, is_error: id === "b" },
  });
  const said = [
    ["user", "Please mend the till"],
    ["assistant", [use("a", "TodoWrite", { todos })]],
    ["user", [result("a", "ok")]],
    ["assistant", [use("b", "Bash", { command: "npm test" })]],
    ["user", [result("b", "Exit code 1\nTypeError: till is not a function")]],
  ];
  const at = Date.now() - 3_600_000;
  const lines = said.map(([type, content], n) => ({
    ...{ type, uuid: `u${n}`, sessionId: "one", cwd: "/srv/shop" },
    ...{ timestamp: new Date(at + n * 1_000).toISOString(), message: { role: type, content } },
  }));
  writeFileSync(
    join(folder, "one.jsonl"),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
  );
}

let id = "";
let group = "";

const tracker: InstalledProgram = {
  args: ({ bin }) => [bin("trestle-tracker")],
  env: ({ scratch }) => ({
    ...{ TRACKER_DATA_DIR: join(scratch, "tracked"), TRACKER_HOME_DIR: scratch },
  }),
  async prepare({ bin, node, scratch }) {
    writeTranscript(scratch);
    const places = ["--tracker-data-dir", join(scratch, "tracked"), "--tracker-home-dir", scratch];
    const ask = async (command: string) => {
      const words = [bin("trestle-tracker"), command, "--json", ...places];
      const { code, stdout, stderr } = await outcomeOf(node(nodes.current), words);
      if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout);
    };
    id = (await ask("tasks")).tasks[0].id;
    group = (await ask("errors")).errors[0].group;
  },
  calls: () => ({
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
  }),
};

describeInstalled("the tracker", tracker, { whole: [nodes.fullText], serving: [nodes.current] });
