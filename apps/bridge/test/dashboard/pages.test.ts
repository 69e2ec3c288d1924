import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  logIn,
  openBrowser,
  openStage,
  type Stage,
  tabAndPress,
  tabTo,
  type Visitor,
  visit,
} from "./_browser.ts";
import { lookAt, looksOfThisRun } from "./_looks.ts";

/** What a person loads before the overview is there, compressed. */
const FIRST_LOAD_BYTES = 250_000;

/** What a browser measures of a file that it loaded. */
interface Resource {
  readonly encodedBodySize: number;
}

let browser: Browser;
let stage: Stage;
let visitor: Visitor;

beforeAll(async () => {
  [browser, stage] = await Promise.all([openBrowser(), openStage()]);
  visitor = await visit(browser);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

test("the overview is there with less than 250 kB", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/`);
  await page.getByRole("heading", { name: "Since yesterday" }).waitFor();
  await page.locator("canvas").first().waitFor();
  await expect.poll(() => page.getByText("Live", { exact: true }).count()).toBe(1);
  const bytes = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.includes("/assets/"))
      .reduce((sum, entry) => sum + (entry as unknown as Resource).encodedBodySize, 0),
  );
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(FIRST_LOAD_BYTES);
});

test("who may only look is told why, and who logs in may do", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/servers`);
  const add = page.getByRole("button", { name: "Add a server" });
  await add.waitFor();
  expect(await add.getAttribute("title")).toContain("admin credential");
  await add.click({ force: true });
  expect(await page.getByRole("dialog").count()).toBe(0);

  await page.getByRole("button", { name: "You: local" }).click();
  await page.getByRole("menuitem", { name: "Log in with a key" }).click();
  await page.locator("input[name=key]").fill("not-a-key-of-this-bridge");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  expect(visitor.complaints.splice(0), "the browser tells of it, too").toEqual([
    expect.stringContaining("400"),
  ]);
  await page.locator("input[name=key]").fill(stage.admin);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "You: admin" }).waitFor();
});

test("a server is added from pasted JSON, restarted and removed, by keyboard alone", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/servers`);
  const entry = await entryOf("two");
  await tabAndPress(page, page.getByRole("button", { name: "Add a server" }));
  await tabTo(page, page.getByRole("tab", { name: "Form" }));
  await page.keyboard.press("ArrowRight");
  await tabTo(page, page.getByRole("textbox", { name: "JSON" }));
  await page.keyboard.insertText(JSON.stringify({ mcpServers: { two: entry } }));
  await page.getByText("Found: two.").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "two", level: 1 }).waitFor();
  await page.getByRole("link", { name: "echo", exact: true }).waitFor();

  await tabAndPress(page, page.getByRole("button", { name: "Restart" }));
  await page.getByText("two is connected anew").first().waitFor();
  await tabAndPress(page, page.getByRole("button", { name: "Remove" }));
  await tabAndPress(page, page.getByRole("button", { name: "Remove it" }));
  await page.getByRole("heading", { name: "Servers", level: 1 }).waitFor();
  await expect.poll(() => page.getByRole("link", { name: "two", exact: true }).count()).toBe(0);
});

/** As the test's own server, under another name. */
async function entryOf(name: string) {
  const { body } = await stage.ask("config?key=mcpServers.one", {
    headers: { authorization: `Bearer ${stage.admin}` },
  });
  const [, script = ""] = /"([^"]*fixtures\/upstream\.ts)"/.exec(JSON.stringify(body)) ?? [];
  return { command: process.execPath, args: [script, `--root=${stage.home}`, `--name=${name}`] };
}

test("a server of another app is taken over by keyboard alone, and the app keeps it", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/servers?add=host`);
  await page.getByText("No app here has servers").waitFor();
  const env = { API_KEY: "sk-of-the-other-app" };
  const mcpServers = { Theirs: { ...(await entryOf("theirs")), env }, half: {} };
  const file = join(stage.home, ".cursor", "mcp.json");
  mkdirSync(join(stage.home, ".cursor"));
  writeFileSync(file, JSON.stringify({ mcpServers }));
  await page.reload();
  const half = page.getByRole("checkbox", { name: /^half/ });
  await half.waitFor();
  expect([await half.isDisabled(), await page.getByText(/neither a command nor/).count()]).toEqual([
    true,
    1,
  ]);
  await tabTo(page, page.getByRole("checkbox", { name: /^Theirs/ }));
  await page.keyboard.press("Space");
  await tabAndPress(page, page.getByRole("button", { name: "See what changes" }));
  await page
    .getByRole("heading", { name: "This would change" })
    .and(page.locator(":focus"))
    .waitFor();
  const changes = await page
    .getByRole("list", { name: /^What changes in .*trestle\.json/ })
    .textContent();
  expect(changes).toMatch(/\+ +"API_KEY": "••••••"/);
  expect(await page.getByRole("dialog").textContent()).not.toContain(env.API_KEY);
  await tabAndPress(page, page.getByRole("button", { name: "Add 1 server" }));
  await page
    .getByRole("heading", { name: "1 server is added" })
    .and(page.locator(":focus"))
    .waitFor();
  await tabAndPress(page, page.getByRole("link", { name: "Open theirs" }));
  await page.getByRole("heading", { name: "theirs", level: 1 }).waitFor();
  await page.getByRole("link", { name: "echo", exact: true }).waitFor();
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ mcpServers });
  const sight = ["server-from-app", "/servers?add=host", "text=The bridge has it already"] as const;
  for (const look of looksOfThisRun()) {
    expect(await lookAt(browser, stage, look, [sight])).toEqual([]);
  }
});

test("a tool is found by the palette, tried, and its call looked into and made again", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/`);
  await page.getByRole("heading", { name: "Since yesterday" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("run_sql");
  await page.getByRole("option", { name: /database__run_sql/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByLabel("sql").fill("select 6 * 7 as answer");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("button", { name: "Call it" }).click();
  await page.getByText('"answer": 42').waitFor();
  await page.getByText("Your tries").waitFor();

  await page.getByRole("link", { name: "Where the time went" }).click();
  await page.getByRole("heading", { name: "database.run_sql" }).waitFor();
  await page.getByText("upstream").first().waitFor();
  await page.getByRole("button", { name: "Change and try" }).click();
  await expect.poll(() => page.getByLabel("sql").inputValue()).toBe("select 6 * 7 as answer");
});

test("the history is live, and goes by its filters", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/history?server=one`);
  await page.getByText("No call fits").waitFor();
  await expect.poll(() => page.getByText("Live", { exact: true }).count()).toBe(1);
  await stage.post("tool/call", { tool: "one.echo", arguments: { text: "hello" } });
  await page.getByRole("link", { name: "one.echo" }).waitFor();
  expect(await page.getByRole("link", { name: "database.run_sql" }).count()).toBe(0);
  await page.getByRole("link", { name: "one.echo" }).press("Enter");
  await page.getByRole("heading", { name: "one.echo" }).waitFor();
});

test("a definition that changed is looked at, and approved by itself", async () => {
  const { page } = visitor;
  for (const _ of [1, 2]) await stage.post("tool/call", { tool: "one.grow" });
  await page.goto(`${stage.site}/servers`);
  await page.getByRole("link", { name: "2 definitions of one to approve" }).press("Enter");
  const approves = page.getByRole("button", { name: "Approve", exact: true });
  await expect.poll(() => approves.count(), { timeout: 30_000 }).toBe(2);
  await page.getByText("+ name: grown_0").waitFor();
  await approves.first().press("Enter");
  await page.getByText("1 of one.").first().waitFor();
  await expect.poll(() => approves.count(), { timeout: 30_000 }).toBe(1);
  await page.getByRole("button", { name: "Approve all" }).click();
  await page.getByText("All is as it was approved").waitFor();
});

test("a key that sees little sees the pages, and what it may not", async () => {
  const { body } = await stage.post(
    "keys",
    { name: "narrow", scopes: ["one:echo"] },
    { authorization: `Bearer ${stage.admin}` },
  );
  const { key } = body.data as { readonly key: string };
  const { page, complaints, close } = await visit(browser);
  await logIn(page, stage.site, key);
  await page.goto(`${stage.site}/`);
  await page.getByText("This is not for you to see").first().waitFor();
  await page.goto(`${stage.site}/tools`);
  await page.getByRole("link", { name: "echo", exact: true }).waitFor();
  expect(await page.getByRole("link", { name: "run_sql" }).count()).toBe(0);
  expect(complaints).toEqual([]);
  await close();
});

test("no page has complained, nor been refused anything by its policy", () => {
  expect(visitor.complaints).toEqual([]);
});
