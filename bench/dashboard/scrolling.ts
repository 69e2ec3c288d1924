import type { Browser, Page } from "playwright-core";
import { progress } from "../measure.ts";
import { newVisitor } from "./browser.ts";
import { type Drawn, drawn, openFloor } from "./drawing.ts";
import type { Stage } from "./stage.ts";
import { framesOf, longest, type Scroll, untilInPage } from "./watch.ts";

export interface Scrolled {
  readonly rounds: readonly Drawn[];
  /** While the rows came, page by page: milliseconds of the longest task. */
  readonly longestTaskLoading: number;
  readonly secondsLoading: number;
  /** Elements of the page with all rows. */
  readonly elements: number;
}

const FRAME = ".history-frame";
/** A quick flick of the wheel: twice the height of the list each second. */
const LIST: Scroll = { selector: FRAME, speed: 1_500, rowPx: 40 };
const ROUND_MS = 4_000;
/** Where it is scrolled, as parts of the whole. */
const DEPTHS = [0.02, 0.25, 0.5, 0.75, 0.98];

export async function scrollHistory(
  browser: Browser,
  stage: Stage,
  { rows, rounds }: { readonly rows: number; readonly rounds: number },
): Promise<Scrolled> {
  const context = await newVisitor(browser, stage);
  const floor = await openFloor(browser);
  try {
    const page = await context.newPage();
    const loading = await loadAll(page, stage, rows);
    const all: Drawn[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(`scrolling, round ${round + 1}`);
      const empty = await floor.frames(ROUND_MS, LIST.speed);
      await jump(page, DEPTHS[round % DEPTHS.length] ?? 0);
      all.push(drawn(await framesOf(page, ROUND_MS, LIST), empty));
    }
    const elements: number = await page.evaluate(`document.querySelectorAll("*").length`);
    return { rounds: all, elements, ...loading };
  } finally {
    await context.close();
    await floor.close();
  }
}

const LOADING_MS = 300_000;

/** Scrolls to the end until there is nothing older. */
async function loadAll(
  page: Page,
  stage: Stage,
  rows: number,
): Promise<Pick<Scrolled, "longestTaskLoading" | "secondsLoading">> {
  progress(`loading ${rows} rows`);
  const from = performance.now();
  await page.goto(`${stage.site}/history`);
  await page.locator(FRAME).waitFor();
  await untilInPage(
    page,
    `(() => {
      const frame = document.querySelector("${FRAME}");
      const last = [...frame.querySelectorAll("[data-index]")].at(-1);
      if (last && Number(last.dataset.index) === ${rows - 1}) return true;
      frame.scrollTop = frame.scrollHeight;
      return false;
    })()`,
    LOADING_MS,
  );
  const secondsLoading = (performance.now() - from) / 1_000;
  const tasks: number[] = await page.evaluate("globalThis.watched.tasks.map(({ ms }) => ms)");
  return { secondsLoading, longestTaskLoading: longest(tasks) };
}

async function jump(page: Page, depth: number): Promise<void> {
  await page.bringToFront();
  await page.evaluate(`{
    const frame = document.querySelector("${FRAME}");
    frame.scrollTop = frame.scrollHeight * ${depth};
  }`);
  await page.waitForTimeout(SETTLE_MS);
}

/** What a jump draws is no part of the round. */
const SETTLE_MS = 300;
