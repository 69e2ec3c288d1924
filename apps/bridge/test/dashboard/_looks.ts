import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { logIn, type Stage, visit } from "./_browser.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds that keeps people out, each with where it is. */
async function seriousFindings(page: Page): Promise<string[]> {
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

/** What it is called, and how the browser looks. */
export type Look = readonly [name: string, options: object];

const LOOKS: readonly Look[] = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", { colorScheme: "light", viewport: { width: 375, height: 812 } }],
];

/**
 * How pages are looked at: in one way by chance in each run, since a browser costs it half a minute; in all of them
 * where pictures or rounds are asked for.
 */
export function looksOfThisRun(): readonly Look[] {
  const { ROUNDS, SEED = String(Date.now() % 1_000_000) } = process.env;
  if (PICTURES !== undefined || ROUNDS !== undefined) return LOOKS;
  process.stderr.write(`SEED=${SEED}\n`);
  return LOOKS.filter((_, index) => index === Number(SEED) % LOOKS.length);
}

/** Whatever keeps people out of what is seen, or is wider than their screen. */
async function faultsOf(page: Page): Promise<string[]> {
  const serious = await seriousFindings(page);
  const tooWide = await page.evaluate<number>("document.body.scrollWidth - innerWidth");
  return tooWide > 0 ? [...serious, `${tooWide} pixels too wide`] : serious;
}

/** Keeps a picture of what is seen, where a folder for them is named. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** A page, by its address, and what is seen on it once it is there. */
export type Sight = readonly [name: string, path: string, sign: string];

/** Looks at pages in one way: what keeps people out, is too wide, or was complained of, by each page's name. */
export async function lookAt(
  browser: Browser,
  { site, admin }: Stage,
  [look, options]: Look,
  sights: readonly Sight[],
): Promise<string[]> {
  const { page, complaints, close } = await visit(browser, options);
  await logIn(page, site, admin);
  const found: string[] = [];
  for (const [name, path, sign] of sights) {
    await page.goto(site + path);
    await page.locator(sign).first().waitFor();
    found.push(...(await faultsOf(page)).map((fault) => `${name}: ${fault}`));
    await takePicture(page, `${name}-${look}`);
  }
  await close();
  return [...found, ...complaints];
}
