import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { type Browser, chromium, type Page } from "playwright-core";
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

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds that keeps people out, each with where it is. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: own } = globalThis as unknown as { readonly axe: AxeRunner };
    const { violations } = await own.run({ resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
      );
  });
}

interface AxeRunner {
  run(options: object): Promise<{ readonly violations: readonly Violation[] }>;
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly {
    readonly target: readonly string[];
    readonly failureSummary: string;
  }[];
}

const PICTURES = process.env.SCREENSHOTS;

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", { colorScheme: "light", viewport: { width: 375, height: 812 } }],
] as const;

/**
 * How pages are looked at: in one way by chance in each run, since a browser costs it half a minute; in all of them
 * where pictures or rounds are asked for.
 */
export function looksOfThisRun(): readonly (typeof LOOKS)[number][] {
  const { ROUNDS, SEED = String(Date.now() % 1_000_000) } = process.env;
  if (PICTURES !== undefined || ROUNDS !== undefined) return LOOKS;
  process.stderr.write(`SEED=${SEED}\n`);
  return LOOKS.filter((_, index) => index === Number(SEED) % LOOKS.length);
}

/** Keeps a picture of what is seen, where a folder for them is named. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
