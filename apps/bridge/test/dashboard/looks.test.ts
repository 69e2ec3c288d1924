import type { JsonObject } from "@trestle/protocol";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FIVE_SERVERS, openBrowser, openStage, type Stage } from "./_browser.ts";
import { lookAt, looksOfThisRun, type Sight } from "./_looks.ts";

let browser: Browser;
let stage: Stage;
let call: string;
/** Somebody works while the pictures are taken. */
let working: ReturnType<typeof setInterval>;

beforeAll(async () => {
  [browser, stage] = await Promise.all([openBrowser(), openStage({}, {}, FIVE_SERVERS)]);
  await stage.post("tool/call", { tool: "one.echo", arguments: { text: "hello" } });
  await stage.post("tool/call", { tool: "database.run_sql", arguments: { sql: "selec" } });
  await stage.post("tool/call", { tool: "one.grow" });
  working = setInterval(() => void work(), 300);
  const { body } = await stage.get("history?limit=1&server=database");
  const { executions } = body.data as { readonly executions: { readonly execution_id: string }[] };
  call = executions[0]?.execution_id ?? "";
}, 180_000);

afterAll(async () => {
  clearInterval(working);
  await browser?.close();
  await stage?.stop();
});

interface Work {
  readonly tool: string;
  readonly arguments: JsonObject;
}

const WORK: readonly Work[] = [
  { tool: "one.echo", arguments: { text: "hello" } },
  { tool: "one.echo", arguments: { text: "again", afterMs: 60 } },
  { tool: "database.list_tables", arguments: {} },
  { tool: "database.run_sql", arguments: { sql: "select count(*) from pg_class" } },
  { tool: "knowledge.search_knowledge", arguments: { query: "timeout" } },
  { tool: "tracker.get_unfinished_tasks", arguments: {} },
  { tool: "objects.object_list", arguments: {} },
  { tool: "one.echo", arguments: { text: "once more" } },
  { tool: "database.describe_table", arguments: { table: "pg_class", schema: "pg_catalog" } },
  { tool: "orchestrator.list_workflows", arguments: {} },
  { tool: "one.read", arguments: { afterMs: 25 } },
  { tool: "knowledge.list_diagnoses", arguments: {} },
];
/** Now and then something fails, as everywhere. */
const FAILS: Work = { tool: "database.describe_table", arguments: { table: "nothing" } };
let done = 0;
let busy = false;

/** More at times than at others, and never more than is answered. */
async function work(): Promise<void> {
  if (busy) return;
  busy = true;
  done += 1;
  const most = 2 + Math.round(2 * Math.sin(done / 12));
  const from = (done * 5) % WORK.length;
  const given = [...WORK, ...WORK].slice(from, from + most);
  if (done % 15 === 0) given.push(FAILS);
  await Promise.all(given.map((each) => stage.post("tool/call", each).catch(() => {})));
  busy = false;
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
    // The last: by then there is something to see.
    ["overview", "/", "text=Since yesterday"],
  ];
}
