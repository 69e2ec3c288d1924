// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import type { JsonObject } from "@trestle/protocol";

/** A tool of the orchestrator, called by the person at the browser. */
export type Orchestrate = (tool: string, given: JsonObject) => Promise<JsonObject>;

/** Counts, tells, asks a person, and writes: what the drawing of a workflow is worth looking at for. */
export const NIGHTLY = "nightly-report";

const REPORT: JsonObject = {
  id: NIGHTLY,
  version: "3",
  description: "Counts what the day brought, and sends it once somebody has looked at it.",
  input: { day: "today" },
  steps: [
    sql("orders", "select count(*) as orders from pg_class"),
    {
      ...{ id: "errors", server: "knowledge", tool: "search_knowledge" },
      arguments: { query: "checkout" },
    },
    {
      ...{ id: "draft", server: "one", tool: "echo" },
      arguments: { text: "Report of ${input.day}: ${results.orders.rowCount} rows" },
      dependsOn: ["orders", "errors"],
    },
    { id: "approve", type: "approval", message: "Send the report?", dependsOn: ["draft"] },
    {
      ...{ id: "send", server: "one", tool: "write", arguments: { key: "report" } },
      dependsOn: ["approve"],
    },
  ],
};

const OTHERS: readonly JsonObject[] = [
  {
    ...{ id: "close-month", version: "1" },
    description: "Makes the invoices of a month, checks their sums and locks the books.",
    steps: [
      sql("invoices", "select 1 as made"),
      sql("sums", "select 1 as right"),
      { id: "lock", type: "approval", message: "Lock the books?" },
    ],
  },
  {
    ...{ id: "greet-customer", version: "2" },
    description: "Makes an account, writes a welcome, and takes both back where one fails.",
    steps: [sql("account", "select 1 as account"), sql("welcome", "select 1 as sent")],
  },
];

function sql(id: string, statement: string): JsonObject {
  return { id, server: "database", tool: "run_sql", arguments: { sql: statement } };
}

/** Workflows of every kind, and runs of them: some done, one that waits. Gives the one that waits. */
export async function fillWorkflows(orchestrate: Orchestrate): Promise<string> {
  for (const definition of [REPORT, ...OTHERS]) {
    await orchestrate("register_workflow", { definition });
  }
  const execute = (workflow: string) =>
    orchestrate("execute_workflow", { workflow, wait_seconds: 5 });
  await execute("greet-customer");
  await execute("close-month");
  await execute("greet-customer");
  const { executionId } = await execute(NIGHTLY);
  return String(executionId);
}

const TASKS = [
  "Look for races",
  "Count the allocations",
  "Read the tests",
  "Write it down",
  "Compare with the last release",
  "Ask who uses the old flag",
];

/** A swarm in full work: something is done, somebody is busy, something waits, and the owner has letters. Gives its id. */
export async function fillSwarm(orchestrate: Orchestrate): Promise<string> {
  // Leases that hold for as long as somebody looks.
  const given = { name: "release-review", leaseSeconds: 900, budget: { calls: 500 } };
  const swarm = String((await orchestrate("create_swarm", given)).swarm);
  for (const title of TASKS) await orchestrate("submit_task", { swarm, title });
  for (const name of ["ada", "grace", "barbara", "edsger", "katherine"]) {
    const { agentToken } = await orchestrate("join_swarm", { swarm, name });
    const as = { swarm, agent_token: String(agentToken) };
    if (name !== "edsger") await takeTask(orchestrate, as, name === "ada");
    const body = LETTERS[name];
    if (body) await orchestrate("send_message", { ...as, body, to: ["owner"] });
  }
  return swarm;
}

async function takeTask(orchestrate: Orchestrate, as: JsonObject, isDone: boolean): Promise<void> {
  const { task, lease } = (await orchestrate("claim_task", as)) as unknown as Claimed;
  if (!isDone) return;
  const result = { found: "nothing" };
  await orchestrate("complete_task", { ...as, task: task.id, fence: lease.fence, result });
}

interface Claimed {
  readonly task: { readonly id: string };
  readonly lease: { readonly fence: number };
}

const LETTERS: Readonly<Record<string, string>> = {
  grace: "There are three of them, all in the cache. Shall I mend them?",
  katherine: "The figures of the last release are in the memory, under baseline.",
};

/** Other swarms, which have hardly begun. */
export async function fillSwarms(orchestrate: Orchestrate): Promise<void> {
  const made = [
    { name: "translators", topology: "ring", strategy: "balanced", maxAgents: 4 },
    { name: "release-notes", topology: "star", strategy: "sequential", budget: { calls: 200 } },
  ];
  for (const each of made) {
    const { swarm } = await orchestrate("create_swarm", each);
    await orchestrate("submit_task", { swarm: String(swarm), title: "Read what is there" });
    await orchestrate("join_swarm", { swarm: String(swarm), name: "ada" });
  }
}
