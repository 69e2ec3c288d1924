import { existsSync } from "node:fs";
import process from "node:process";
import { type Browser, type BrowserContext, chromium } from "playwright-core";
import type { Stage } from "./stage.ts";
import { watchPages } from "./watch.ts";

const PATHS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** Without a graphics card, so that every machine draws in the same way: by its processors. */
export function openBrowser(): Promise<Browser> {
  const executablePath = PATHS.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) throw new Error("There is no Chromium: set CHROMIUM.");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

const VIEW = { viewport: { width: 1280, height: 900 } };

/** A browser that was never there, of somebody who is logged in. */
export async function newVisitor(browser: Browser, stage: Stage): Promise<BrowserContext> {
  const context = await browser.newContext(VIEW);
  await watchPages(context);
  const headers = { "x-api-key": stage.admin };
  const answer = await context.request.post(`${stage.site}/api/mcp/login`, { headers });
  if (!answer.ok()) throw new Error(`Nobody can log in: ${await answer.text()}`);
  return context;
}

/** Of pages that show nothing. */
export async function newStranger(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext(VIEW);
  await watchPages(context);
  return context;
}
