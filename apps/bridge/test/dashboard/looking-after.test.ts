import type { Browser, Locator, Page } from "playwright-core";
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
  visitAsReader,
} from "./_browser.ts";
import { lookAt, looksOfThisRun, type Sight, takePicture } from "./_looks.ts";

let browser: Browser;
let stage: Stage;
let visitor: Visitor;

const FALLBACK = [{ kind: "review", message: "Was it written?" }];
/** As one mounts it that never heard of profiles. */
const FEW_TOOLS = { orchestrator: { embedded: "orchestrator" } };
/** Longer than it may take, so that nobody knows whether it was done. */
const TOO_SLOW = { tool: "one.write", arguments: { key: "a", beforeMs: 30_000 }, timeout: 0.3 };

beforeAll(async () => {
  const policy = { tools: { write: { fallback: FALLBACK } } };
  [browser, stage] = await Promise.all([openBrowser(), openStage({}, { policy }, FEW_TOOLS)]);
  visitor = await visit(browser);
  await logIn(visitor.page, stage.site, stage.admin);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

/** Somebody with nothing but a keyboard: goes there by Tab and presses Enter. */
function press(page: Page, name: string): Promise<void> {
  return tabAndPress(page, page.getByRole("button", { name, exact: true }));
}

/** Goes there by Tab and writes it over what is there. */
async function write(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

test("a key is made, shown once, used, and revoked; its next call is refused", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/keys`);
  await press(page, "Make a key");
  await write(page, page.getByLabel("Name"), "Nightly build");
  await write(page, page.getByLabel("May call"), "one:*");
  await press(page, "Make it");
  const key = await page.getByRole("region", { name: "Text of the key" }).textContent();
  await takePicture(page, "key-made");
  await press(page, "I have it");
  await page.getByText("one:*").waitFor();
  const call = () =>
    stage.post(
      "tool/call",
      { tool: "one.echo", arguments: { text: "hi" } },
      { "x-api-key": key ?? "" },
    );
  expect((await call()).status).toBe(200);

  await press(page, "Actions for Nightly build");
  await tabAndPress(page, page.getByRole("menuitem", { name: "Revoke…" }), "ArrowDown");
  await press(page, "Revoke it");
  await page.getByText("revoked", { exact: true }).first().waitFor();
  expect(await call()).toMatchObject({ status: 401, body: { success: false } });
});

test("a call that waits for a person is done with better arguments", async () => {
  const { page } = visitor;
  await stage.post("tool/call", TOO_SLOW, { authorization: `Bearer ${stage.admin}` });
  await page.goto(`${stage.site}/review`);
  await page.getByText("Was it written?").first().waitFor();
  await takePicture(page, "review-waiting");
  const given = page.getByRole("textbox", { name: "Arguments as JSON" });
  await write(page, given, '{"key": "better", "beforeMs": 0}');
  await press(page, "Approve with these arguments");
  await page.getByText("Nothing waits for you").waitFor();
  await page.goto(`${stage.site}/review?view=all`);
  await page.getByText("better").first().waitFor();
});

test("the audit log tells of it, and is verified", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/audit`);
  await page.getByRole("cell", { name: "Key revoked" }).waitFor();
  await press(page, "Verify the chain");
  await page.getByText(/The chain is whole: \d+ entries/).waitFor();
  await page.getByLabel("Event").selectOption("key_created");
  await expect.poll(() => page.getByRole("cell", { name: "Key revoked" }).count()).toBe(0);
  await page.getByRole("cell", { name: "Key made" }).waitFor();
});

test("a setting says where it comes from, and is changed and given back", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/settings?find=cache`);
  await page.getByText("policy.cache.enabled", { exact: true }).waitFor();
  await press(page, "Change policy.cache.enabled");
  await write(page, page.getByRole("textbox", { name: "policy.cache.enabled as JSON" }), '"all"');
  await press(page, "Save");
  await page.getByText("policy.cache.enabled holds").first().waitFor();
  await press(page, "Change policy.cache.enabled");
  await press(page, "Back to the default");
  await page.getByText("default", { exact: true }).first().waitFor();
});

test("a page that takes more tools than a server offers has them offered", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/swarms`);
  await page.getByText("which the profile core leaves out").waitFor();
  await takePicture(page, "swarms-left-out");
  await press(page, "Offer all of its tools");
  await page.getByText("No swarms yet").waitFor();
}, 90_000);

const KEYS = [
  { name: "Claude Desktop", scopes: ["database:*:read", "knowledge:*"] },
  { name: "Build server", scopes: ["one:*"], limit: { calls: 60, window_ms: 60_000 } },
  { name: "Grace", expires_at: "2099-01-01T00:00:00Z" },
];

test("keys of every kind stand in the list", async () => {
  const { page } = visitor;
  for (const key of KEYS) await stage.post("keys", key, { "x-api-key": stage.admin });
  await page.goto(`${stage.site}/keys`);
  await page.getByRole("row", { name: /Build server.*60 in 60 s/ }).waitFor();
  await page.getByRole("row", { name: /Grace.*everything.*default.*1 Jan 2099/ }).waitFor();
});

test("who may only read sees swarms, and what creating one takes", async () => {
  const { page, complaints, close } = await visitAsReader(browser, stage);
  await page.goto(`${stage.site}/swarms`);
  await page.getByText("No swarms yet").waitFor();
  const create = page.getByRole("button", { name: "Create a swarm" }).first();
  expect(await create.getAttribute("title")).toContain('the scope "orchestrator:create_swarm"');
  await create.click({ force: true });
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(complaints).toEqual([]);
  await close();
}, 90_000);

test.each(looksOfThisRun())(
  "everybody can use these pages: %s",
  async (...look) => {
    await stage.post("tool/call", TOO_SLOW, { authorization: `Bearer ${stage.admin}` });
    expect(await lookAt(browser, stage, look, SIGHTS)).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  },
  90_000,
);

const SIGHTS: readonly Sight[] = [
  ["review", "/review", "text=Was it written?"],
  ["review-all", "/review?view=all", "text=Done"],
  ["keys", "/keys", "text=Nightly build"],
  ["key-make", "/keys?make=key", "role=dialog"],
  ["audit", "/audit", "role=cell[name=/Key made/]"],
  ["settings", "/settings", "text=policy.cache.enabled"],
  ["not-found", "/nowhere", "text=no such page"],
];
