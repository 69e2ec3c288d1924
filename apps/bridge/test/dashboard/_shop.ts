/** A shop that has been in business for a while: what the pages show of it is what they show of people's own. */

/** A tool called by somebody: its structured answer. */
export type CallTool = (tool: string, args: object) => Promise<Record<string, unknown>>;

const TABLES = [
  "create table categories (id int primary key, name text not null, parent_id int references categories(id))",
  "create table products (id int primary key, category_id int not null references categories(id), title text not null, price numeric(10,2) not null, stock int not null)",
  "create table order_items (order_id int references orders(id), product_id int references products(id), quantity int not null, primary key (order_id, product_id))",
  "create table payments (id int primary key, order_id int not null references orders(id), amount numeric(10,2) not null, paid_at timestamptz)",
  "create table refunds (id int primary key, payment_id int not null references payments(id), reason text)",
  "create table reviews (id int primary key, product_id int not null references products(id), customer_id int not null references customers(id), stars int not null)",
];

const DIAGNOSES = [
  {
    error: { name: "ECONNREFUSED", message: "connect ECONNREFUSED 10.0.3.7:5432" },
    fix: "The pooler had moved: take its address from the environment, not from the image.",
    ...{ confidence: 0.9, context: "payments", severity: "critical" },
    outcomes: [true, true, true, true, false],
  },
  {
    error: {
      name: "PrismaClientKnownRequestError",
      message: "Unique constraint failed on (email)",
    },
    fix: "Look the customer up before it is made, and answer 409 where it is known.",
    ...{ confidence: 0.8, context: "customers", severity: "medium" },
    outcomes: [true, true, true],
  },
  {
    error: { name: "TimeoutError", message: "the carrier did not answer within 5000 ms" },
    fix: "Ask again after a second, twice at most; keep the last known rates for an hour.",
    ...{ confidence: 0.6, context: "shipping", severity: "high" },
    outcomes: [true, false, true],
  },
  {
    error: { name: "RangeError", message: "Invalid currency code: EURO" },
    fix: "Map names of currencies to ISO 4217 where prices are read.",
    ...{ confidence: 0.95, context: "import of prices", severity: "low" },
    outcomes: [true],
  },
  {
    error: { name: "OutOfMemoryError", message: "Java heap space in the export of orders" },
    ...{ context: "reports", severity: "high" },
    outcomes: [],
  },
];

interface Session {
  readonly id: string;
  readonly project: string;
  readonly daysAgo: number;
  readonly asks: string;
  readonly todos: readonly (readonly [content: string, status: string])[];
  /** What was run, what it said, and how often. */
  readonly failures: readonly (readonly [command: string, said: string, times: number])[];
}

const TIMEOUT = "TimeoutError: the carrier did not answer\n    at rates (src/shipping.ts:41:9)";
const LATE = "AssertionError: expected 3 invoices, but got 2\n    at src/invoices.test.ts:88:5";

const SESSIONS: readonly Session[] = [
  {
    ...{ id: "rates", project: "/srv/shipping", daysAgo: 9, asks: "Why do labels come late?" },
    todos: [["keep the rates of carriers for an hour", "pending"]],
    failures: [["pnpm test rates", TIMEOUT, 2]],
  },
  {
    ...{ id: "rates-again", project: "/srv/shipping", daysAgo: 4, asks: "Labels are late again" },
    todos: [["tell the warehouse when a carrier is down", "in_progress"]],
    failures: [["pnpm test rates", TIMEOUT, 5]],
  },
  {
    ...{ id: "invoices", project: "/srv/books", daysAgo: 2, asks: "Close the month" },
    todos: [
      ["send the invoices of October", "completed"],
      ["mend the rounding of the VAT", "pending"],
      ["write down how a month is closed", "pending"],
    ],
    failures: [
      ["pnpm test invoices", LATE, 3],
      ["pnpm test rates", TIMEOUT, 1],
    ],
  },
];

const OBJECTS = [
  ["counter", "orders-today", {}],
  ["queue", "mails-to-send", {}],
  ["kv", "feature-flags", {}],
  ["lock", "nightly-export", {}],
  ["presence", "support-desk", {}],
] as const;

const PAGE = {
  title: "Autumn sale",
  status: "draft",
  discount: 20,
  categories: ["coats", "boots"],
};

/** Fills what the pages of our own servers show. */
export async function fillShop(call: CallTool): Promise<void> {
  for (const sql of TABLES) await call("database.run_sql", { sql });
  for (const { outcomes, ...diagnosis } of DIAGNOSES) {
    const { id } = await call("knowledge.store_diagnosis", diagnosis);
    for (const worked of outcomes) await call("knowledge.record_outcome", { id, worked });
  }
  for (const session of SESSIONS) {
    await call("tracker.ingest_chat", { text: transcriptOf(session) });
  }
  for (const [name, id, args] of OBJECTS) {
    await call("objects.object_initialize", { class: name, id, args });
  }
  await fillDocument(call);
}

async function fillDocument(call: CallTool): Promise<void> {
  const storefront = { class: "document", id: "storefront" };
  await call("objects.object_initialize", { ...storefront, args: { content: PAGE } });
  const patches = [
    { discount: 25 },
    { categories: ["coats", "boots", "scarves"] },
    { status: "live" },
  ];
  for (const patch of patches) {
    await call("objects.object_call", { ...storefront, method: "patch", args: { patch } });
  }
}

const DAY_MS = 86_400_000;

/** A session as Claude Code writes it. */
export function transcriptOf({ id, project, daysAgo, asks, todos, failures }: Session): string {
  const lines: object[] = [];
  const line = (type: string, content: unknown): void => {
    const n = lines.length + 1;
    const at = Date.now() - 3_600_000 - daysAgo * DAY_MS + n * 60_000;
    const timestamp = new Date(at).toISOString();
    const message = { role: type, content, ...(type === "assistant" && { id: `${id}-m${n}` }) };
    const uuid = `${id}-u${n}`;
    lines.push({ type, uuid, sessionId: id, timestamp, cwd: project, message });
  };
  const use = (name: string, input: object, content: string, failed = false): void => {
    const tool_use_id = `${id}-c${lines.length}`;
    line("assistant", [{ type: "tool_use", id: tool_use_id, name, input }]);
    line("user", [{ type: "tool_result", tool_use_id, content, is_error: failed }]);
  };
  line("user", asks);
  const list = todos.map(([content, status]) => ({ content, status, activeForm: content }));
  use("TodoWrite", { todos: list }, "ok");
  for (const [command, said, times] of failures) {
    for (let n = 0; n < times; n += 1) use("Bash", { command }, `Exit code 1\n${said}`, true);
  }
  return lines.map((each) => JSON.stringify(each)).join("\n");
}
