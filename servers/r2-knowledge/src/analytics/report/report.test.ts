import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { openTestKnowledge } from "../../knowledge/_open.ts";
import { collectReport } from "./collect.ts";
import { renderReport } from "./page.ts";

const DAY = 86_400_000;

async function pageOf(fill: boolean) {
  const { knowledge, clock } = await openTestKnowledge();
  const evil = "</style></title><script>alert(1)</script><img src=//x onerror=alert(1)>";
  if (fill) {
    const error = { name: evil, message: evil };
    const { id } = await knowledge.store({ error, fix: evil, context: evil });
    await knowledge.store({ error });
    await knowledge.search({ text: evil });
    await knowledge.search({ text: `zebra ${evil}` });
    await knowledge.recordOutcome(id, { worked: false });
  }
  const period = { since: clock.now() - 30 * DAY, until: clock.now() };
  return renderReport(await collectReport(knowledge, period));
}

test("a page says everything, loads nothing and runs nothing, whatever records say", async () => {
  const page = await pageOf(true);
  const tags = new Set([...page.matchAll(/<([a-z0-9!]+)/gi)].map(([, tag]) => tag));
  for (const tag of ["script", "img", "a", "link", "iframe", "object", "foreignObject"])
    expect([...tags]).not.toContain(tag);
  expect(page).not.toMatch(/\s(?:src|href|style|on\w+)\s*=\s*["']/i);
  expect(page).not.toMatch(/url\(|@import/);
  const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
  const digest = createHash("sha256").update(style).digest("base64");
  expect(page).toContain(`default-src 'none'; style-src 'sha256-${digest}'`);
  for (const words of [
    "Growth",
    "Learning",
    "What is asked",
    "&lt;script&gt;alert(1)",
    "new</span>",
  ])
    expect(page).toContain(words);
});

test("a page of nothing says so", async () => {
  const page = await pageOf(false);
  for (const words of ["No error was met", "Every query found something", "No fix was tried yet"])
    expect(page).toContain(words);
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});
