// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  logIn,
  openBrowser,
  openStage,
  type Stage,
  takePicture,
  type Visitor,
  visit,
} from "./_browser.ts";

let browser: Browser;
let stage: Stage;
let visitor: Visitor;
let admin: Record<string, string>;

beforeAll(async () => {
  const orchestrator = { embedded: "orchestrator", env: { TRESTLE_PROFILE: "all" } };
  [browser, stage] = await Promise.all([openBrowser(), openStage({}, {}, { orchestrator })]);
  visitor = await visit(browser);
  admin = { "x-api-key": stage.admin };
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
    admin,
  );
  const data = isJsonObject(body.data) ? body.data : {};
  const result = isJsonObject(data.result) ? data.result : {};
  if (!isJsonObject(result.structuredContent)) throw new Error(JSON.stringify(body));
  return result.structuredContent;
}

async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 5 });
  await page.mouse.move(to.x, to.y, { steps: 5 });
  await page.mouse.up();
}

async function middleOf(page: Page, selector: string): Promise<{ x: number; y: number }> {
  const box = await page.locator(selector).boundingBox();
  if (box === null) throw new Error(`${selector} is not seen.`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

test("a workflow is built by drag and drop, connected, and tried", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/workflows/new`);
  await page.getByLabel("Find a tool").fill("run_sql");
  const tool = page.getByRole("button", { name: /^database\.run_sql/ });
  const canvas = page.getByRole("region", { name: "Drawing of the steps" });
  for (const step of ["run_sql", "run_sql_2", "run_sql_3"]) {
    await tool.dragTo(canvas);
    await page.locator(`.react-flow__node[data-id="${step}"]`).waitFor();
  }
  await page.getByRole("heading", { name: "Step run_sql_3" }).waitFor();
  await page.getByLabel("Find a tool").fill("");
  await page.getByRole("combobox", { name: /^sql/ }).fill("select 42 as answer");
  await page.locator('.react-flow__node[data-id="run_sql"]').click();
  await page.getByRole("heading", { name: "Step run_sql", exact: true }).waitFor();
  await page.getByRole("combobox", { name: /^sql/ }).fill("select 1 as n");

  await page.locator('.react-flow__node[data-id="run_sql_2"]').click();
  await page.getByRole("heading", { name: "Step run_sql_2" }).waitFor();
  await page.getByRole("combobox", { name: /^sql/ }).fill("select 2 + $row");
  await page.getByRole("option", { name: /results\.run_sql\.rowCount/ }).click();
  expect(await page.getByRole("combobox", { name: /^sql/ }).inputValue()).toBe(
    "select 2 + ${results.run_sql.rowCount}",
  );

  const handle = (id: string, side: string): string =>
    `.react-flow__node[data-id="${id}"] .react-flow__handle.${side}`;
  await page.getByRole("button", { name: "Fit View" }).click();
  await drag(
    page,
    await middleOf(page, handle("run_sql", "source")),
    await middleOf(page, handle("run_sql_3", "target")),
  );
  await page.getByText("database.run_sql, after run_sql_2, run_sql").waitFor();
  await takePicture(page, "workflow-built");

  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText("select 2 + ${results.run_sql.rowCount}").first().waitFor();
  await page.keyboard.press("Escape");
}, 120_000);

test("a swarm is created, and watched until its work is done", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/swarms?add=swarm`);
  await page.getByLabel("Name").fill("reviewers");
  await page.getByRole("button", { name: "Create it" }).click();
  await page.getByRole("button", { name: "Go to it" }).click();
  await page.getByRole("heading", { name: "reviewers", level: 1 }).waitFor();
  await page.getByLabel("New task").fill("Read the code");
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
  await done.getByText("Read the code").click();
  await page.getByText('"found": "nothing"').waitFor();
  await page.keyboard.press("Escape");

  await page.getByLabel("Message", { exact: true }).fill("Well done");
  await page.getByRole("button", { name: "Send" }).click();
  await expect
    .poll(async () => JSON.stringify(await orchestrate("read_inbox", { swarm, agent_token })))
    .toContain("Well done");
}, 120_000);

test("no page has complained, nor been refused anything by its policy", () => {
  expect(visitor.complaints).toEqual([]);
});
