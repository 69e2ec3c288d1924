import {
  type JsonObject,
  LOCAL_PRINCIPAL,
  type ServerInstance,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { server } from "../src/index.ts";
import { temporaryFolder } from "../src/postgres/_temporary-folder.ts";
import { openLocal } from "../src/structure/_catalogs.ts";

const SCRIPT = [
  "CREATE TABLE guest (id int PRIMARY KEY, name text NOT NULL, passport text)",
  "COMMENT ON TABLE guest IS E'Who\n stays'",
  "CREATE TABLE stay (id int PRIMARY KEY, guest_id int REFERENCES guest ON DELETE CASCADE, day date DEFAULT now(), CHECK (id > 0))",
  "CREATE INDEX stay_day ON stay (day DESC) WHERE day IS NOT NULL",
  "CREATE VIEW guests AS SELECT name FROM guest",
  "CREATE TABLE secret (id int)",
  "INSERT INTO guest SELECT n, 'n' || n, 'p' || n FROM generate_series(1, 2000) n",
  "INSERT INTO stay SELECT n, n % 2000 + 1 FROM generate_series(1, 4000) n",
  "ANALYZE",
];

const RULES = { DATABASE_DENY_TABLES: "secret", DATABASE_DENY_COLUMNS: "guest.passport" };
const local = await hasLocalPostgres();

describe.each([
  ["the embedded Postgres", openEmbeddedServer] as const,
  ...(local ? [["a Postgres server", openServer] as const] : []),
])("on %s", (_name, open) => {
  let opened: Awaited<ReturnType<typeof open>>;

  beforeAll(async () => {
    opened = await open();
    for (const sql of SCRIPT) await call("run_sql", { sql }, opened.filling);
  }, 120_000);

  afterAll(() => opened.close());

  async function call(name: string, args: JsonObject = {}, instance = opened.instance) {
    const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
    const { signal } = new AbortController();
    const context = { principal: LOCAL_PRINCIPAL, signal, client };
    const result = (await instance.request("tools/call", { name, arguments: args }, context)) as {
      content: { text: string }[];
      structuredContent: JsonObject;
      isError?: boolean;
    };
    const text = result.content[0]?.text ?? "";
    if (result.isError) throw new Error(text);
    if (instance === opened.instance) {
      expect(text).not.toMatch(/secret|passport/);
      expect(JSON.stringify(result.structuredContent)).not.toMatch(/secret|passport|:null/);
    }
    return { ...result, lines: text.split("\n").slice(1) };
  }

  test("list_tables takes a line for a table", async () => {
    const { lines, structuredContent } = await call("list_tables");
    expect(lines).toEqual([
      "public.guest ~2000 rows -- Who stays",
      "public.guests [view]",
      "public.stay ~4000 rows",
    ]);
    expect(structuredContent).toMatchObject({ total: 3, truncated: false });
    expect((await call("listTables", { detail: "names" })).structuredContent.tables).toEqual(
      ["guest", "guests", "stay"].map((name) => ({ schema: "public", name })),
    );
    expect((await call("get_database_tables", { detail: "columns" })).lines[0]).toBe(
      "public.guest ~2000 rows (id integer, name text) -- Who stays",
    );
    const page = await call("list_tables", { limit: 1, offset: 1 });
    expect(page.lines[0]).toMatch(/^1 of 3 tables.*offset 2/);
  });

  test("describe_table is SQL without what is said twice", async () => {
    const { lines } = await call("describe_table", { table: "public.stay" });
    expect(lines).toEqual([
      "table public.stay ~4000 rows",
      "  id integer not null",
      "  guest_id integer",
      "  day date default now()",
      "  primary key (id)",
      "  foreign key (guest_id) references public.guest (id)",
      "  check ((id > 0))",
      "index stay_day btree (day DESC) WHERE (day IS NOT NULL)",
    ]);
    expect((await call("describe_table", { table: "guest" })).lines).toContain(
      "referenced by public.stay (guest_id) -- stay_guest_id_fkey",
    );
    const named = await call("describe_table_schema", { tableName: "stay" });
    expect(named.lines).toEqual(lines);
    await expect(call("describe_table", { table: "secret" })).rejects.toThrow("no table or view");
  });

  test("search_objects finds in three depths", async () => {
    expect((await call("search_objects", { query: "stay" })).lines).toEqual([
      "table public.stay",
      "index public.stay.stay_day btree (day DESC) WHERE (day IS NOT NULL)",
      "index public.stay.stay_pkey unique btree (id)",
      "table public.guest -- Who stays",
    ]);
    const names = await call("search_objects", { query: "guest*id", detail: "names" });
    expect(names.structuredContent.objects).toEqual([
      { kind: "column", name: "public.stay.guest_id" },
    ]);
    const full = await call("search_objects", { query: "guest", kinds: ["table"], detail: "full" });
    expect(full.lines[0]).toBe("table public.guest ~2000 rows -- Who stays");
    expect((await call("search_objects", { query: "passport secret" })).lines).toEqual([
      "Nothing is called so.",
    ]);
  });

  test("schemas, extensions and relationships are told, and drawn", async () => {
    expect((await call("list_schemas")).lines[0]).toMatch(/^public: 4 tables/);
    expect((await call("list_extensions")).lines[0]).toMatch(/^plpgsql 1.0 in pg_catalog/);
    expect((await call("list_extensions", { available: true })).lines.length).toBeGreaterThan(0);
    const { lines, structuredContent } = await call("get_relationships", { diagram: "columns" });
    expect(lines[0]).toBe(
      "public.stay (guest_id) -> public.guest (id): optional, many to one, on delete cascade",
    );
    expect(structuredContent.diagram).toContain('"guest" |o--o{ "stay" : "guest_id"');
    const one = await call("get_relationships", { table: "guest", diagram: "tables" });
    expect(one.structuredContent.diagram).toBe(
      'erDiagram\n  "guest"\n  "stay"\n  "guest" |o--o{ "stay" : "guest_id"\n',
    );
  });

  test("the health, sizes and slow queries are told, with what to do next", async () => {
    const health = await call("health_check");
    expect(health.structuredContent.checks).toHaveLength(14);
    const one = await call("health_check", { checks: ["locks"] });
    expect(one.lines).toEqual(["ok: locks: Nobody waits for a lock."]);
    expect((await call("find_slow_queries")).structuredContent.enable).toBeDefined();
    expect((await call("table_stats", { order: "rows" })).lines[0]).toMatch(
      /^public.stay: ~4000 rows/,
    );
    expect((await call("table_stats", { table: "guest" })).lines[1]).toMatch(
      /^ {2}id: 100 % different/,
    );
    expect((await call("find_bloat")).lines[0]).toMatch(/^Nothing wastes that much/);
    expect((await call("connection_info")).structuredContent).toMatchObject({
      mode: "read-only",
      user: "postgres",
    });
  });

  test("an index is suggested by the plan alone, and never on what is hidden", async () => {
    const { lines } = await call("suggest_indexes", {
      sql: "SELECT * FROM stay WHERE guest_id = 7",
    });
    expect(lines[1]).toBe("CREATE INDEX CONCURRENTLY ON public.stay (guest_id); -- equality");
    const asked = (sql: string) => call("suggest_indexes", { sql });
    await expect(asked("SELECT 1 FROM secret")).rejects.toThrow(/Refused/);
    await expect(asked("SELECT 1; DROP TABLE guest")).rejects.toThrow(/Refused|one statement/);
    await expect(asked("SELECT 1 WHERE pg_sleep(1) IS NULL) SELECT (1")).rejects.toThrow(/syntax/);
    await expect(call("suggest_indexes")).rejects.toThrow(/Give sql/);
  });
});

async function openEmbeddedServer() {
  const folder = temporaryFolder();
  return mounted({ DATABASE_DATA_DIR: folder.path }, async () => folder.remove());
}

async function openServer() {
  const database = await openLocal();
  return mounted({ DATABASE_URL: database.url }, database.close);
}

/** The server as it is used, and another that may fill the database. */
function mounted(place: Record<string, string>, remove: () => Promise<void>) {
  const host = createStandaloneHost({ dataDir: "", clock: systemClock, log: silentLogger });
  const mount = (settings: object): ServerInstance =>
    server.mount(host, { ...place, ...settings } as Record<string, string>);
  const instance = mount(RULES);
  const filling = mount({ DATABASE_MODE: "admin" });
  return {
    instance,
    filling,
    async close() {
      await Promise.all([instance.close(), filling.close()]);
      await remove();
    },
  };
}
