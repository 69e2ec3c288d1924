import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  FIVE_SERVERS,
  goByPalette,
  logIn,
  openBrowser,
  openStage,
  type Stage,
  tabAndPress,
  tabTo,
  type Visitor,
  visit,
} from "./_browser.ts";
import { fillSwarm, fillSwarms, fillWorkflows, NIGHTLY } from "./_busy.ts";
import { lookAt, looksOfThisRun, type Sight, takePicture } from "./_looks.ts";
import {
  ANIMATION,
  addByDrag,
  BROKEN,
  BY_HAND,
  drag,
  middleOf,
  node,
  STEPS,
  stepThatIs,
} from "./_workflow.ts";

let browser: Browser;
let stage: Stage;
let visitor: Visitor;

beforeAll(async () => {
  [browser, stage] = await Promise.all([openBrowser(), openStage({}, {}, FIVE_SERVERS)]);
  visitor = await visit(browser);
  await logIn(visitor.page, stage.site, stage.admin);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

/** Calls a tool of the orchestrator as the person at the browser. */
async function orchestrate(tool: string, given: JsonObject): Promise<JsonObject> {
  const { body } = await stage.post(
    "tool/call",
    { tool: `orchestrator.${tool}`, arguments: given },
    { "x-api-key": stage.admin },
  );
  const data = isJsonObject(body.data) ? body.data : {};
  const result = isJsonObject(data.result) ? data.result : {};
  if (!isJsonObject(result.structuredContent)) throw new Error(JSON.stringify(body));
  return result.structuredContent;
}

/** What the pages show: one done, one that waits for a person, and one that fails. */
const executions: Record<string, string> = {};
let busySwarm = "";

async function execute(workflow: string, wait_seconds: number): Promise<string> {
  const { executionId } = await orchestrate("execute_workflow", { workflow, wait_seconds });
  return String(executionId);
}

async function addArgument(page: Page, name: string, value: string): Promise<void> {
  await page.getByLabel("Another argument").fill(name);
  await page.keyboard.press("Enter");
  await page.getByRole("combobox", { name }).fill(value);
}

test("a workflow is built by drag and drop, connected, tried, and saved as if written by hand", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/workflows/new`);
  await page.getByLabel("Id of the workflow").fill("count-rows");
  await addByDrag(page, "run_sql", /^database\.run_sql/, "run_sql");
  await page.getByRole("combobox", { name: /^sql/ }).fill("select 1 as n");
  await addByDrag(page, "one.write", /^one\.write/, "write");
  await addArgument(page, "key", "Rows: $row");
  await page.getByRole("option", { name: /results\.run_sql\.rowCount/ }).click();
  await addArgument(page, "until", "go");
  await addByDrag(page, "approval", /^Approval/, "approve");

  await page.getByRole("button", { name: "Fit View" }).click();
  await drag(
    page,
    await middleOf(page, '.react-flow__node[data-id="run_sql"] .react-flow__handle.source'),
    await middleOf(page, '.react-flow__node[data-id="approve"] .react-flow__handle.target'),
  );
  await page.getByText("Go on?, after write, run_sql").waitFor();
  await takePicture(page, "workflow-built");

  await page.getByRole("tab", { name: "JSON" }).click();
  const written = page.getByRole("textbox", { name: "Definition" });
  expect(JSON.parse((await written.textContent()) ?? "")).toEqual(BY_HAND);
  await page.getByRole("tab", { name: "Builder" }).click();

  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByRole("region", { name: "As a Mermaid flowchart" }).waitFor();
  await takePicture(page, "workflow-dry-run");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.waitForURL("**/workflows/count-rows");
  // The same content under the same version is no change; any other would be refused.
  await orchestrate("register_workflow", { definition: BY_HAND });
}, 60_000);

test("it is run, and seen to move and to wait for a person, until it is done", async () => {
  const { page } = visitor;
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("button", { name: "Run it" }).click();
  await page.waitForURL("**/executions/*");
  executions.done = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  await stepThatIs(page, "write", "running").waitFor();
  expect(await page.evaluate(ANIMATION)).toBe("step-beat");
  expect(await page.locator(".react-flow__edge.animated").count()).toBe(1);
  await takePicture(page, "execution-running");
  await page.emulateMedia({ reducedMotion: "reduce" });

  writeFileSync(join(stage.home, "go"), "");
  await page.getByLabel("Comment").fill("Fine.");
  await stepThatIs(page, "approve", "waiting").waitFor();
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  for (const step of ["run_sql", "write", "approve"])
    await stepThatIs(page, step, "succeeded").waitFor();
  await page.locator(".page-lead").getByText("succeeded").waitFor();
  await node(page, "write").click();
  await page.getByRole("region", { name: "Output of write" }).waitFor();
  expect(readFileSync(join(stage.home, "effects"), "utf8")).toBe("Rows: 1\n");
}, 60_000);
/** Finds it in the list of tools, and adds it with Enter. */
async function addByKeys(page: Page, words: string, name: RegExp): Promise<void> {
  await tabTo(page, page.getByLabel("Find a tool"), "Shift+Tab");
  await page.keyboard.press("Control+A");
  await page.keyboard.type(words);
  await page.getByRole("list", { name: "Tools to add" }).getByRole("button", { name }).waitFor();
  await page.keyboard.press("Enter");
}

/** Opens a step of the drawing: the keys are in its form then. */
async function openByKeys(page: Page, step: string): Promise<void> {
  await tabAndPress(page, node(page, step));
  await expect.poll(() => page.getByLabel("Id", { exact: true }).inputValue()).toBe(step);
  await tabTo(page, page.getByLabel("Id", { exact: true }));
}

async function argumentByKeys(page: Page, name: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel("Another argument"));
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("combobox", { name }), "Shift+Tab");
  await page.keyboard.type(text);
}

test("the same is built, connected, saved, run and approved by keyboard alone", async () => {
  const { page } = visitor;
  await goByPalette(page, "Chains and workflows");
  await tabAndPress(page, page.getByRole("button", { name: "New workflow" }));
  await tabTo(page, page.getByLabel("Id of the workflow"));
  await page.keyboard.press("Control+A");
  await page.keyboard.type("by-keys");
  await addByKeys(page, "run_sql", /^database\.run_sql/);
  await addByKeys(page, "one.write", /^one\.write/);
  await addByKeys(page, "approval", /^Approval/);
  await node(page, "approve").waitFor();

  await openByKeys(page, "run_sql");
  await tabTo(page, page.getByRole("combobox", { name: /^sql/ }));
  await page.keyboard.type("select 1 as n");
  await page.keyboard.press("Escape");
  await openByKeys(page, "write");
  await argumentByKeys(page, "key", "Rows: $rowC");
  await page.getByRole("option", { name: /run_sql\.rowCount/, selected: true }).waitFor();
  await page.keyboard.press("Enter");
  await argumentByKeys(page, "until", "go");
  await page.keyboard.press("Escape");
  await openByKeys(page, "approve");
  await tabTo(page, page.getByLabel("Let it wait for"));
  await page.keyboard.type("run_sql");
  await tabAndPress(page, page.getByRole("button", { name: "Wait for it" }));
  await page.getByText("Go on?, after write, run_sql").waitFor();

  await tabAndPress(page, page.getByRole("button", { name: "Save", exact: true }), "Shift+Tab");
  await page.waitForURL("**/workflows/by-keys");
  await orchestrate("register_workflow", { definition: { ...BY_HAND, id: "by-keys" } });
  writeFileSync(join(stage.home, "go"), "");
  await tabAndPress(page, page.getByRole("button", { name: "Run", exact: true }));
  await tabAndPress(page, page.getByRole("button", { name: "Run it" }));
  await tabAndPress(page, page.getByRole("button", { name: "Approve", exact: true }));
  for (const step of ["run_sql", "write", "approve"])
    await stepThatIs(page, step, "succeeded").waitFor();
}, 60_000);

test("a swarm is created, and watched until its work is done, by keyboard alone", async () => {
  const { page } = visitor;
  await goByPalette(page, "Swarms");
  await tabAndPress(page, page.getByRole("button", { name: "Create a swarm" }));
  await tabTo(page, page.getByLabel("Name"));
  await page.keyboard.type("reviewers");
  await tabAndPress(page, page.getByRole("button", { name: "Create it" }));
  await tabAndPress(page, page.getByRole("button", { name: "Go to it" }));
  await page.getByRole("heading", { name: "reviewers", level: 1 }).waitFor();
  await tabTo(page, page.getByLabel("New task"));
  await page.keyboard.type("Read the code");
  await page.keyboard.press("Enter");
  const ready = page.getByRole("region", { name: "Tasks: ready" });
  await ready.getByText("Read the code").waitFor();

  const swarm = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  const joined = await orchestrate("join_swarm", { swarm, name: "ada" });
  const agent_token = String(joined.agentToken);
  const claimed = await orchestrate("claim_task", { swarm, agent_token });
  await page.getByRole("meter", { name: "Left of the lease of Read the code" }).waitFor();
  await page.getByRole("img", { name: "mesh of 1 agents" }).waitFor();
  await takePicture(page, "swarm-works");
  const { task, lease } = claimed as { task: { id: string }; lease: { fence: number } };
  const result = { found: "nothing" };
  await orchestrate("complete_task", {
    ...{ swarm, agent_token, task: task.id, fence: lease.fence, result },
  });
  const done = page.getByRole("region", { name: "Tasks: succeeded" });
  await tabAndPress(page, done.getByRole("button", { name: "Read the code" }));
  await page.getByText('"found": "nothing"').waitFor();
  await page.keyboard.press("Escape");

  await tabTo(page, page.getByLabel("Message", { exact: true }));
  await page.keyboard.type("Well done");
  await tabAndPress(page, page.getByRole("button", { name: "Send" }));
  await expect
    .poll(async () => JSON.stringify(await orchestrate("read_inbox", { swarm, agent_token })))
    .toContain("Well done");
}, 120_000);

describe("seen by everybody", () => {
  beforeAll(async () => {
    const description = "Reads prices of a supplier, and says how many there were.";
    const definition = { ...BY_HAND, id: "import-prices", description, steps: BROKEN };
    await orchestrate("register_workflow", { definition });
    executions.waits = await fillWorkflows(orchestrate);
    executions.failed = await execute("import-prices", 20);
    for (const name of ["count-and-note", "two-calls"]) {
      const body = { name, steps: STEPS.slice(0, 2) };
      await stage.post("chain", body, { "x-api-key": stage.admin });
    }
    await fillSwarms(orchestrate);
    busySwarm = await fillSwarm(orchestrate);
  }, 60_000);

  test.each(looksOfThisRun())(
    "everybody can use these pages: %s",
    async (...look) => {
      expect(await lookAt(browser, stage, look, sights())).toEqual([]);
    },
    120_000,
  );
});

test("no page has complained, nor been refused anything by its policy", () => {
  expect(visitor.complaints).toEqual([]);
});

function sights(): readonly Sight[] {
  return [
    ["workflows", "/workflows", "role=link[name='count-rows']"],
    ["workflows-executions", "/workflows?tab=executions", "role=cell[name=/^count-rows/]"],
    ["workflows-chains", "/workflows?tab=chains", "role=link[name='two-calls']"],
    ["workflows-templates", "/workflows?tab=templates", "text=Register and open"],
    ["workflow-new", "/workflows/new", "text=No steps yet"],
    ["workflow", `/workflows/${NIGHTLY}`, ".react-flow__node[data-id=approve]"],
    ["workflow-json", `/workflows/${NIGHTLY}?tab=json`, ".cm-content"],
    ["workflow-run", `/workflows/${NIGHTLY}?run=now`, "role=dialog"],
    ["execution-done", `/executions/${executions.done}`, '[data-state="succeeded"]'],
    ["execution-waits", `/executions/${executions.waits}`, '[data-state="waiting"]'],
    ["execution-failed", `/executions/${executions.failed}`, '[data-state="failed"]'],
    ["swarms", "/swarms", "role=link[name='reviewers']"],
    ["swarm-create", "/swarms?add=swarm", "role=dialog"],
    ["swarm", `/swarms/${busySwarm}`, "role=region[name='Tasks: succeeded']"],
  ];
}
