// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import type { JsonObject } from "@trestle/protocol";
import type { Page } from "playwright-core";

export const STEPS: JsonObject[] = [
  { id: "run_sql", server: "database", tool: "run_sql", arguments: { sql: "select 1 as n" } },
  {
    id: "write",
    server: "one",
    tool: "write",
    arguments: { key: "Rows: ${results.run_sql.rowCount}", until: "go" },
    dependsOn: ["run_sql"],
  },
  { id: "approve", type: "approval", message: "Go on?", dependsOn: ["write", "run_sql"] },
];

export const BROKEN: JsonObject[] = [
  { id: "count", server: "database", tool: "run_sql", arguments: { sql: "selec 1" } },
  { id: "tell", server: "one", tool: "echo", arguments: { text: "counted" } },
];

/** What is built here, as one writes it by hand. */
export const BY_HAND: JsonObject = { id: "count-rows", version: "1", steps: STEPS };

export async function drag(
  page: Page,
  from: { x: number; y: number },
  to: { x: number; y: number },
) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 5 });
  await page.mouse.move(to.x, to.y, { steps: 5 });
  await page.mouse.up();
}

export async function middleOf(page: Page, selector: string): Promise<{ x: number; y: number }> {
  const box = await page.locator(selector).boundingBox();
  if (box === null) throw new Error(`${selector} is not seen.`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

export function node(page: Page, step: string) {
  return page.locator(`.react-flow__node[data-id="${step}"]`);
}

export function stepThatIs(page: Page, step: string, state: string) {
  return node(page, step).locator(`.step-node[data-state="${state}"]`);
}

/** What the browser moves the step by. */
export const ANIMATION =
  "getComputedStyle(document.querySelector('[data-id=write] > .step-node')).animationName";

/** Drags what is found by these words onto the drawing. */
export async function addByDrag(
  page: Page,
  words: string,
  name: RegExp,
  step: string,
): Promise<void> {
  await page.getByLabel("Find a tool").fill(words);
  await page
    .getByRole("button", { name })
    .dragTo(page.getByRole("region", { name: "Drawing of the steps" }));
  await node(page, step).waitFor();
  await page.getByRole("heading", { name: `Step ${step}`, exact: true }).waitFor();
}
