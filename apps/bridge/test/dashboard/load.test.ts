import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logIn, openBrowser, openStage, type Stage, type Visitor, visit } from "./_browser.ts";

let browser: Browser;
let stage: Stage;
let visitor: Visitor;

beforeAll(async () => {
  [browser, stage] = await Promise.all([openBrowser(), openStage()]);
  visitor = await visit(browser);
  await logIn(visitor.page, stage.site, stage.admin);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

/** A page that answers within this, under whatever is asked of it, is not frozen. */
const FROZEN_MS = 1_000;
const ROWS = 100_000;

test("a hundred thousand rows are a few on the page, wherever one scrolls", async () => {
  const { page } = visitor;
  await page.route("**/api/mcp/history?*", (route) =>
    route.fulfill({ json: { success: true, data: { executions: rows() }, metadata: {} } }),
  );
  await page.goto(`${stage.site}/history`);
  await page.getByText("100K calls").waitFor();
  const frame = page.locator(".history-frame");
  const slowest = await slowestFrameDuring(page, async () => {
    for (const share of [0.1, 0.5, 0.9, 1]) {
      await frame.evaluate((element, to) => {
        element.scrollTop = element.scrollHeight * to;
      }, share);
      await expect.poll(() => page.locator(".history-rows > li").count()).toBeLessThan(80);
    }
  });
  await page.getByRole("link", { name: `one.tool_${ROWS - 1}`, exact: true }).waitFor();
  expect(slowest).toBeLessThan(FROZEN_MS);

  await page.locator(`[data-index="${ROWS - 1}"] a`).focus();
  for (const [key, row] of [
    ["ArrowUp", ROWS - 2],
    ["PageUp", ROWS - 17],
    ["Home", 0],
    ["ArrowDown", 1],
    ["End", ROWS - 1],
  ] as const) {
    await page.keyboard.press(key);
    expect(await page.evaluate(FOCUSED), key).toBe(row);
  }
  await page.unrouteAll();
});

test("a thousand events a second do not freeze the page", async () => {
  const { page } = visitor;
  const begun = Date.now();
  await page.routeWebSocket("**/api/mcp/events", (socket) => {
    let seq = 0;
    socket.onMessage(() => {
      socket.send(JSON.stringify({ type: "subscribed", seq }));
      const timer = setInterval(() => {
        for (let each = 0; each < 20; each += 1) {
          seq += 1;
          socket.send(event(seq));
        }
      }, 20);
      socket.onClose(() => clearInterval(timer));
    });
  });
  await page.goto(`${stage.site}/`);
  const shown = async (): Promise<number> => {
    const text = await page.getByText(/^[\d,.K]+ in 10 s$/).textContent();
    return Number(text?.replace(/ in .*|,/g, ""));
  };
  const slowest = await slowestFrameDuring(page, async () => {
    await expect.poll(shown, { timeout: 60_000 }).toBeGreaterThan(2_000);
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText(/calls/).first().waitFor();
  });
  expect(slowest).toBeLessThan(FROZEN_MS);
  expect(Date.now() - begun).toBeLessThan(90_000);
});

function event(seq: number): string {
  const facts = { server: "one", tool: "echo", principal: "local", outcome: "success" };
  const payload = { executionId: `burst-${seq}`, durationMs: seq % 50, cached: false, ...facts };
  return JSON.stringify({ type: "event", seq, time: Date.now(), topic: "call.success", payload });
}

function rows(): object[] {
  return Array.from({ length: ROWS }, (_, index) => ({
    ...{ execution_id: `row-${index}`, server: "one", tool: `tool_${index}`, principal: "local" },
    ...{ outcome: "success", started_at: new Date().toISOString(), duration_ms: 1, attempts: 1 },
    ...{ retry_count: 0, cached: false, fallback_used: false, read_only: true },
  }));
}

/** In the page: the row that has the focus, where all of it is seen. */
const FOCUSED = `(() => {
  const row = document.activeElement.closest("[data-index]");
  const { top, bottom } = row.getBoundingClientRect();
  const above = document.querySelector(".history-head").getBoundingClientRect().bottom;
  const below = document.querySelector(".history-frame").getBoundingClientRect().bottom;
  return top >= above - 1 && bottom <= below + 1 ? Number(row.dataset.index) : "not seen";
})()`;

/** In the page: how long it took from one picture to the next, at most. */
const WATCH = `
  globalThis.slowest = 0;
  let before = performance.now();
  requestAnimationFrame(function look(now) {
    globalThis.slowest = Math.max(globalThis.slowest, now - before);
    before = now;
    requestAnimationFrame(look);
  });
`;

/** The longest that the page drew nothing while something was done. */
async function slowestFrameDuring(page: Page, doing: () => Promise<void>): Promise<number> {
  await page.evaluate(WATCH);
  await doing();
  return page.evaluate(() => (globalThis as unknown as { slowest: number }).slowest);
}
