import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  logIn,
  openBrowser,
  openStage,
  type Stage,
  type Visitor,
  visit,
  visitAsReader,
} from "./_browser.ts";
import { lookAt, looksOfThisRun, type Sight, takePicture } from "./_looks.ts";
import { fillShop, transcriptOf } from "./_shop.ts";

let browser: Browser;
let stage: Stage;
let visitor: Visitor;
let diagnosis: string;

const ALL = { TRESTLE_PROFILE: "all" };
const SERVERS = {
  database: { embedded: "database", env: { ...ALL, DATABASE_MODE: "admin" } },
  knowledge: { embedded: "knowledge", env: ALL },
  tracker: { embedded: "tracker", env: { TRACKER_READ: "false" } },
  orchestrator: { embedded: "orchestrator" },
  objects: { embedded: "objects" },
};

/** A tool called by somebody else: its structured answer. */
async function call(tool: string, args: object): Promise<Record<string, unknown>> {
  const { body } = await stage.post(
    "tool/call",
    { tool, arguments: args },
    { authorization: `Bearer ${stage.admin}` },
  );
  expect(body.success, JSON.stringify(body)).toBe(true);
  const { result } = body.data as { result: { structuredContent: Record<string, unknown> } };
  return result.structuredContent;
}

beforeAll(async () => {
  [browser, stage] = await Promise.all([openBrowser(), openStage({ mcpServers: SERVERS })]);
  visitor = await visit(browser);
  await logIn(visitor.page, stage.site, stage.admin);
  for (const sql of TABLES) await call("database.run_sql", { sql });
  const stored = await call("knowledge.store_diagnosis", MET);
  diagnosis = String(stored.id);
  await call("tracker.ingest_chat", { text: transcriptOf(TILL) });
  await call("objects.object_initialize", { class: "counter", id: "visits" });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

const TABLES = [
  "create table customers (id int primary key, name text not null)",
  "create table orders (id int primary key, customer_id int not null references customers(id))",
  "insert into customers select n, 'Customer ' || n from generate_series(1, 120) n",
];

const MET = {
  error: { name: "TypeError", message: "the cart is undefined" },
  fix: "Load the cart before it is shown.",
  confidence: 0.7,
  context: "checkout",
  severity: "high",
};

/** A session with a list of tasks, in which the same failed three times. */
const TILL = {
  ...{ id: "till", project: "/srv/shop", daysAgo: 0, asks: "Please mend the cart" },
  todos: [
    ["mend the cart", "in_progress"],
    ["write tests of the till", "pending"],
  ],
  failures: [["pnpm test", "TypeError: the cart is undefined\n    at show (src/cart.ts:14:7)", 3]],
} as const;

const THEIRS = "Wait for the cart, and show how far it is until then.";

/** Somebody with nothing but a keyboard: goes there and presses Enter. */
async function press(page: Page, name: string): Promise<void> {
  const button = page.getByRole("button", { name, exact: true });
  await button.press("Enter");
}

async function write(page: Page, sql: string): Promise<void> {
  await page.getByRole("textbox", { name: "SQL" }).focus();
  await page.keyboard.press("Control+A");
  // Chromium itself would carry the look of what is written over into the new text, as a style that the policy refuses.
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(sql);
  // What may be meant is offered over what is below.
  await page.keyboard.press("Escape");
}

test("tables are drawn with what they refer to, and one is looked into", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/database`);
  await page.getByText("public.orders (customer_id) refers to public.customers (id)").waitFor({
    state: "attached",
  });
  expect(await page.locator(".database-canvas path").count()).toBe(1);
  await press(page, "orders");
  await page.getByRole("heading", { name: "public.orders" }).waitFor();
  await takePicture(page, "database-table");
  await page.getByRole("searchbox", { name: "Search tables and columns" }).fill("name");
  await page.getByText("1 of 2 tables").waitFor();
});

test("a statement is completed, run page by page, explained, and its error is placed", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/database?tab=query`);
  await page.getByText("Ctrl Space completes 2 tables").waitFor();
  await write(page, "select * from cust");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete", { hasText: "customers" }).waitFor();
  await page.keyboard.press("Escape");
  await write(page, "select * from customers order by id");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("cell", { name: "Customer 50", exact: true }).waitFor();
  await takePicture(page, "database-rows");
  await press(page, "Next");
  await page.getByRole("cell", { name: "Customer 51", exact: true }).waitFor();

  await write(page, "select * from orders join customers on customers.id = orders.customer_id");
  await press(page, "Explain");
  await page.getByRole("heading", { name: "Plan" }).waitFor();
  await page.getByText("Seq Scan").first().waitFor();
  await takePicture(page, "database-plan");

  await write(page, "select id\nform customers");
  await page.keyboard.press("Control+Enter");
  await page.getByText("Line 2, column 6").waitFor();

  await write(page, "delete from orders");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Run it" }).press("Enter");
  await page.getByText("DELETE is done").waitFor();
}, 60_000);

function fix(page: Page) {
  return page.getByRole("textbox", { name: "Fix", exact: true });
}

test("a diagnosis is found, its outcome told, and edited while somebody else does", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/knowledge?q=cart`);
  await page.getByRole("link", { name: /the cart is undefined/ }).press("Enter");
  await page.getByLabel("What shows it").fill("The test passes.");
  await press(page, "It worked");
  await page.getByText("worked 1 of 1", { exact: false }).first().waitFor();

  await fix(page).fill("Wait for the cart.");
  await call("knowledge.update_diagnosis", {
    id: diagnosis,
    version: 1,
    context: "the shop window",
  });
  // What nobody writes here shows itself; what is written here stays.
  await expect
    .poll(() => page.getByLabel("Where it happened").inputValue(), { timeout: 30_000 })
    .toBe("the shop window");
  expect(await fix(page).inputValue()).toBe("Wait for the cart.");
  await takePicture(page, "diagnosis-edited");
  await press(page, "Save");
  await page.getByText("version 3").first().waitFor();
  const known = await call("knowledge.get_diagnosis", { id: diagnosis });
  expect(known.diagnosis).toMatchObject({ fix: "Wait for the cart.", context: "the shop window" });

  await fix(page).fill("Hide the button until then.");
  await call("knowledge.update_diagnosis", { id: diagnosis, version: 3, fix: THEIRS });
  await page.getByText(THEIRS).waitFor();
  await press(page, "Take theirs");
  await expect.poll(() => fix(page).inputValue()).toBe(THEIRS);
}, 90_000);

test("trends, storage and cost of what is known are seen", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/knowledge?tab=figures`);
  for (const name of ["Trends", "Popular queries", "Storage", "Cost"])
    await page.getByRole("heading", { name, exact: true }).waitFor();
});

test("tasks stand by their state, and a person moves one", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/tracker`);
  const begun = page.getByRole("region", { name: "In progress" });
  await begun.getByRole("heading", { name: "mend the cart" }).waitFor();
  await page.getByLabel("State of write tests of the till").selectOption("blocked");
  const blocked = page.getByRole("region", { name: "Blocked" });
  await blocked.getByRole("heading", { name: "write tests of the till" }).waitFor();
});

test("errors are seen with how often, and where; and the session as it went", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/tracker?tab=errors`);
  await page.getByText("3 times", { exact: true }).waitFor();
  await page.getByRole("img", { name: /How often in each of the last 14 days.*[1-3]\)/ }).waitFor();
  await page.getByText("Where it was said, 2 places").first().click();
  await page
    .getByText(/line at byte/)
    .first()
    .waitFor();
  await page.getByRole("link", { name: "claude-code:till" }).first().press("Enter");
  await page.getByRole("heading", { name: "As it went" }).waitFor();
  await page.getByRole("searchbox", { name: "Words that were said" }).fill("please");
  await page.getByText("Please mend the cart").first().waitFor();
  await page.goto(`${stage.site}/tracker?tab=health`);
  await page.getByRole("heading", { name: "The tracker itself" }).waitFor();
}, 60_000);

test("an object is watched while others change it, and called", async () => {
  const { page } = visitor;
  await page.goto(`${stage.site}/objects`);
  await page.getByRole("link", { name: "visits" }).press("Enter");
  await page.getByText("watched", { exact: true }).waitFor();
  const state = page.getByRole("region", { name: "State of the object" });
  await call("objects.object_call", { class: "counter", id: "visits", method: "increment" });
  await expect.poll(() => state.textContent(), { timeout: 30_000 }).toContain('"value": 1');
  await page.getByLabel("Arguments").fill('{"by": 41}');
  await page.keyboard.press("Control+Enter");
  await expect.poll(() => state.textContent(), { timeout: 30_000 }).toContain('"value": 42');
  await expect.poll(() => page.locator(".object-history > li").count()).toBe(3);
});

test("who may only read sees all of it, and what doing takes", async () => {
  const { page, complaints, close } = await visitAsReader(browser, stage);
  const refused = async (name: string, scope: string) => {
    const button = page.getByRole("button", { name, exact: true }).first();
    await button.and(page.locator("[aria-disabled]")).waitFor();
    expect(await button.getAttribute("title")).toContain(`it takes the scope "${scope}"`);
  };
  await page.goto(`${stage.site}/knowledge/${diagnosis}`);
  await refused("It worked", "knowledge:record_outcome");
  await page.goto(`${stage.site}/tracker?tab=errors`);
  await refused("It is mended", "tracker:resolve_error");
  await page.goto(`${stage.site}/tracker`);
  const state = page.getByLabel("State of mend the cart");
  await state.and(page.locator(":disabled")).waitFor();
  await page.goto(`${stage.site}/objects/counter/visits`);
  await refused("Call", "objects:object_call");
  expect(complaints).toEqual([]);
  await close();
}, 90_000);

describe("seen by everybody", () => {
  beforeAll(() => fillShop(call), 60_000);

  test.each(looksOfThisRun())(
    "everybody can use these pages: %s",
    async (...look) => {
      expect(await lookAt(browser, stage, look, sights())).toEqual([]);
    },
    120_000,
  );
});

const SESSIONS = "select:has(option[value='claude-code:till'])";

function sights(): readonly Sight[] {
  return [
    ["database", "/database", "text=customer_id"],
    [
      "database-query",
      "/database?tab=query&sql=select+*+from+customers+order+by+id",
      ".cm-content",
    ],
    ["knowledge", "/knowledge", "role=link[name=/the cart is undefined/]"],
    ["knowledge-figures", "/knowledge?tab=figures", "text=Popular queries"],
    ["diagnosis", `/knowledge/${diagnosis}`, "role=textbox[name='Fix']"],
    ["tracker", "/tracker", "role=region[name='Blocked']"],
    ["tracker-errors", "/tracker?tab=errors", "text=3 times"],
    ["tracker-sessions", "/tracker?tab=sessions", SESSIONS],
    ["tracker-health", "/tracker?tab=health", "text=The tracker itself"],
    ["objects", "/objects", "role=link[name='visits']"],
    ["object", "/objects/document/storefront", "role=region[name='State of the object']"],
  ];
}

test("a server that is not mounted says how to mount it", async () => {
  const { page } = visitor;
  await stage.ask("servers/objects", {
    method: "DELETE",
    headers: { authorization: `Bearer ${stage.admin}` },
  });
  await page.goto(`${stage.site}/objects`);
  await page.getByText("There is no objects server here").waitFor();
  expect(
    await page.getByRole("region", { name: "Lines for trestle.json" }).textContent(),
  ).toContain('"embedded": "objects"');
});

test("no page has complained, nor been refused anything by its policy", () => {
  expect(visitor.complaints).toEqual([]);
});
