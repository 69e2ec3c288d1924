import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, openStage, type Stage } from "./_browser.ts";
import { lookAt, looksOfThisRun, type Sight } from "./_looks.ts";

let browser: Browser;
let stage: Stage;
let call: string;
/** Somebody works while the pictures are taken. */
let working: ReturnType<typeof setInterval>;

beforeAll(async () => {
  [browser, stage] = await Promise.all([openBrowser(), openStage()]);
  await stage.post("tool/call", { tool: "one.echo", arguments: { text: "hello" } });
  await stage.post("tool/call", { tool: "database.run_sql", arguments: { sql: "selec" } });
  await stage.post("tool/call", { tool: "one.grow" });
  working = setInterval(() => void work(), 150);
  const { body } = await stage.get("history?limit=1&server=database");
  const { executions } = body.data as { readonly executions: { readonly execution_id: string }[] };
  call = executions[0]?.execution_id ?? "";
}, 180_000);

afterAll(async () => {
  clearInterval(working);
  await browser?.close();
  await stage?.stop();
});

const WORK = [
  { tool: "one.echo", arguments: { text: "hello" } },
  { tool: "one.echo", arguments: { text: "again", afterMs: 60 } },
  { tool: "database.list_tables", arguments: {} },
  { tool: "database.run_sql", arguments: { sql: "select count(*) from pg_class" } },
  { tool: "database.describe_table", arguments: { table: "nothing" } },
];
let done = 0;

async function work(): Promise<void> {
  done += 1;
  await stage.post("tool/call", WORK[done % WORK.length]).catch(() => {});
}

test.each(looksOfThisRun())(
  "every page can be used by everybody, fits, and is worth a picture: %s",
  async (...look) => {
    expect(await lookAt(browser, stage, look, sights())).toEqual([]);
  },
  180_000,
);

function sights(): readonly Sight[] {
  return [
    ["overview", "/", "text=Since yesterday"],
    ["servers", "/servers", "role=link[name='database']"],
    ["server-add", "/servers?add=paste", "role=dialog"],
    ["server", "/servers/database", "role=link[name='run_sql']"],
    ["server-stderr", "/servers/one?tab=stderr", "text=says hello"],
    ["server-definitions", "/servers/one?tab=definitions", "role=button[name='Approve all']"],
    ["server-entry", "/servers/one?tab=entry", ".cm-content"],
    ["tools", "/tools", "role=link[name='run_sql']"],
    ["tools-found", "/tools?q=list+tables", "text=list_tables"],
    ["tool", "/tools/database__run_sql", "role=button[name='Call']"],
    ["tool-statistics", "/tools/database__run_sql?tab=statistics", "text=The last day"],
    ["tool-policies", "/tools/database__run_sql?tab=policies", "text=timeout"],
    ["history", "/history", "role=link[name='database.run_sql']"],
    ["call", `/history/${call}`, "text=Where the time went"],
  ];
}
