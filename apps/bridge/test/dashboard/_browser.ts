import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { type RestBridge, startRest } from "../_rest.ts";

/** A person at a browser, with whatever their pages complained of. */
export interface Visitor {
  readonly page: Page;
  /** Errors of the page and its console: refusals of its policy, too. */
  readonly complaints: string[];
  close(): Promise<void>;
}

const PATHS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** As a person's own, but for the sandbox, which containers do not have. */
export function openBrowser(): Promise<Browser> {
  const executablePath = PATHS.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) throw new Error("There is no Chromium: set CHROMIUM.");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

/** What is said on purpose, and logged by the browser all the same. */
const EXPECTED = /status of (?:401|403|404|503)/;

export async function visit(browser: Browser, options: object = {}): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text())) {
      complaints.push(message.text());
    }
  });
  return { page, complaints, close: () => context.close() };
}

export interface Stage extends RestBridge {
  /** Where the pages are. */
  readonly site: string;
  readonly admin: string;
}

const ALL = { TRESTLE_PROFILE: "all" };

/** All servers of ours with all of their tools, for `openStage`. */
export const FIVE_SERVERS: JsonObject = {
  database: { embedded: "database", env: { ...ALL, DATABASE_MODE: "admin" } },
  knowledge: { embedded: "knowledge", env: ALL },
  tracker: { embedded: "tracker", env: { ...ALL, TRACKER_READ: "false" } },
  orchestrator: { embedded: "orchestrator", env: ALL },
  objects: { embedded: "objects", env: ALL },
};

/** A bridge with servers of ours and a stranger's, whose pages are built. */
export async function openStage(
  config: object = {},
  one: JsonObject = {},
  others: JsonObject = {},
): Promise<Stage> {
  const bridge = await startRest({ http: { admin: true }, ...config }, {}, one, {
    database: { embedded: "database" },
    ...others,
  });
  const site = bridge.url.replace(/\/mcp$/, "");
  await built(site);
  return { ...bridge, site, admin: readFileSync(join(bridge.home, "admin.key"), "utf8").trim() };
}

const BUILD_MS = 120_000;

/** As a browser waits for it: it looks again until the pages are there. */
async function built(site: string): Promise<void> {
  const limit = AbortSignal.timeout(BUILD_MS);
  for (;;) {
    const response = await fetch(`${site}/`, { signal: limit });
    const text = await response.text();
    if (response.ok) return;
    if (response.status !== 503) throw new Error(text);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Logs the page in, as its login does. */
export async function logIn(page: Page, site: string, key: string): Promise<void> {
  await page.goto(`${site}/`);
  await page.evaluate(async (text) => {
    await fetch("api/mcp/login", { method: "POST", headers: { "x-api-key": text } });
  }, key);
}

/** Somebody whose key may only read. */
export async function visitAsReader(browser: Browser, stage: Stage): Promise<Visitor> {
  const { body } = await stage.post(
    "keys",
    { name: "Looker", scopes: ["*:*:read"] },
    { authorization: `Bearer ${stage.admin}` },
  );
  const { key } = body.data as { readonly key: string };
  const visitor = await visit(browser);
  await logIn(visitor.page, stage.site, key);
  return visitor;
}

/** The most that somebody without a mouse goes through to get anywhere. */
const MOST_STEPS = 80;

/** Goes to what is named from where the keys are, by Tab alone, as somebody without a mouse does. */
export async function tabTo(page: Page, target: Locator, key = "Tab"): Promise<void> {
  await target.first().waitFor();
  const reached = target.and(page.locator(":focus"));
  for (let step = 0; step < MOST_STEPS; step += 1) {
    if ((await reached.count()) > 0) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${target} is not in reach of ${key}.`);
}

/** The same, and presses it. */
export async function tabAndPress(page: Page, target: Locator, key = "Tab"): Promise<void> {
  await tabTo(page, target, key);
  await page.keyboard.press("Enter");
}

/** Goes to a page from wherever one is. */
export async function goByPalette(page: Page, name: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.keyboard.type(name);
  await page.getByRole("option", { name, selected: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name, level: 1 }).waitFor();
}
