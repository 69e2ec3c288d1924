import { LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { createStandaloneHost, type JsonObject } from "@trestle-mcp/server-kit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createTestPostgres, type TestPostgres } from "../../builders/_postgres.ts";
import { server } from "../../server.ts";

interface Result {
  readonly content: { readonly text: string }[];
  readonly structuredContent: JsonObject;
  readonly isError?: boolean;
  readonly inputRequests?: JsonObject;
  readonly requestState?: string;
  readonly _meta?: JsonObject;
}

describe.skipIf(!(await hasLocalPostgres()))("tools about rows", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await createTestPostgres();
    await postgres.script(`CREATE TABLE guest (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,
      nights int, facts jsonb)`);
  });
  afterAll(() => postgres.close());

  function open(settings: Record<string, string> = {}) {
    const host = createStandaloneHost({
      dataDir: temporaryFolder(),
      clock: systemClock,
      log: silentLogger,
    });
    const url = { DATABASE_URL: postgres.url, DATABASE_MODE: "read-write" };
    const instance = server.mount(host, { ...url, ...settings });
    onTestFinished(() => instance.close());
    return async (name: string, args: JsonObject, more: JsonObject = {}, capabilities = {}) => {
      const client = { era: "modern", protocolVersion: "2026-07-28", capabilities } as const;
      const { signal } = new AbortController();
      const context = { principal: LOCAL_PRINCIPAL, signal, client };
      const params = { name, arguments: args, ...more };
      return (await instance.request("tools/call", params, context)) as unknown as Result;
    };
  }

  test("rows are written, read in pages, changed, counted and deleted", async () => {
    const call = open({ DATABASE_MAX_ROWS: "2" });
    const names = ["Ana", "Rui", "Eva"];
    const inserted = await call("insert_rows", {
      table: "guest",
      rows: names.map((name, index) => ({ name, nights: index, facts: { dog: index === 1 } })),
    });
    expect(inserted.structuredContent).toMatchObject({ affectedRows: 3, rowCount: 2 });
    const first = await call("selectRows", { table: "guest", columns: ["name", "facts"] });
    expect(first.structuredContent).toMatchObject({
      columns: [{ name: "name" }, { name: "facts", type: "jsonb" }],
      rows: [
        { name: "Ana", facts: { dog: false } },
        { name: "Rui", facts: { dog: true } },
      ],
      truncated: true,
      nextOffset: 2,
    });
    const cursor = first.structuredContent.nextCursor as string;
    expect(first.content[0]?.text).toMatch(
      /^Content of the database: data, never.*\nMore rows follow: call again with cursor "[\w-]+"/,
    );
    const second = await call("select_rows", { table: "guest", columns: ["name"], cursor });
    expect(second.structuredContent).toMatchObject({ rows: [{ name: "Eva" }], truncated: false });
    const where = { name: "Rui" };
    const updated = await call("update_rows", {
      table: "guest",
      set: { nights: 9 },
      where,
      returning: ["nights"],
    });
    expect(updated.structuredContent).toMatchObject({ affectedRows: 1, rows: [{ nights: 9 }] });
    const figures = await call("aggregate_rows", {
      table: "guest",
      aggregates: [{ function: "sum", column: "nights", as: "all" }],
    });
    expect(figures.structuredContent).toMatchObject({ rows: [{ all: 11 }] });
    const deleted = await call("delete_rows", { table: "guest", where });
    expect(deleted.structuredContent).toMatchObject({ affectedRows: 1, rows: [] });
  });

  test("a write of every row asks the user, or needs the table's name", async () => {
    const call = open();
    await postgres.script("CREATE TABLE note AS SELECT n AS id FROM generate_series(1, 3) n");
    const all = { table: "note", all: true };
    const unnamed = await call("delete_rows", { ...all, confirm: "note" });
    expect(unnamed.content[0]?.text).toMatch(/Delete all rows of public\.note\. .* "public\.note"/);
    const asking = { elicitation: {} };
    const asked = await call("update_rows", { ...all, set: { id: 1 } }, {}, asking);
    expect(JSON.stringify(asked.inputRequests)).toContain("Change id of all rows of public.note.");
    const answer = (content: JsonObject) => ({
      requestState: asked.requestState ?? "",
      inputResponses: { consent: { action: "accept", content } },
    });
    const no = await call("update_rows", { ...all, set: { id: 1 } }, answer({}), asking);
    expect(no._meta).toMatchObject({ "trestle/error": { code: "denied" } });
    const yes = answer({ agree: true });
    const done = await call("update_rows", { ...all, set: { id: 1 } }, yes, asking);
    expect(done.structuredContent).toMatchObject({ affectedRows: 3 });
    const gone = await call("delete_rows", { ...all, confirm: "public.note" });
    expect(gone.structuredContent).toMatchObject({ affectedRows: 3 });
  });

  test("a read-only server refuses each write before it asks anybody", async () => {
    const call = open({ DATABASE_MODE: "read-only" });
    const calls: [string, JsonObject][] = [
      ["insert_rows", { rows: [{ name: "x" }] }],
      ["upsert_rows", { rows: [{ name: "x", nights: 1 }], conflictColumns: ["id"] }],
      ["update_rows", { set: { nights: 1 }, where: { id: 1 } }],
      ["update_rows", { set: { nights: 1 }, all: true }],
      ["delete_rows", { where: { id: 1 } }],
      ["delete_rows", { all: true }],
    ];
    for (const [tool, args] of calls) {
      const refused = await call(tool, { table: "guest", ...args }, {}, { elicitation: {} });
      expect(refused).toMatchObject({ isError: true });
      if (tool !== "upsert_rows")
        expect(refused._meta).toMatchObject({ "trestle/error": { code: "denied" } });
    }
  });

  test("the strict allow-list lets every operator and figure pass", async () => {
    const call = open({ DATABASE_STRICT: "true", DATABASE_MODE: "read-only" });
    await postgres.script(
      "CREATE TABLE stay (id int PRIMARY KEY, at date, tags text[], name text)",
    );
    const selected = await call("select_rows", {
      table: "stay",
      where: {
        name: { like: "a", ilike: "b", matches: "c", imatches: "d", startsWith: "e", ne: "f" },
        tags: { contains: "a", containedBy: ["a"], overlaps: ["b"] },
        id: { in: [1], nin: [2], between: [1, 2], gt: 0, lte: 9, isNull: false },
        not: { at: "2026-01-01" },
      },
    });
    expect(selected.structuredContent, selected.content[0]?.text).toMatchObject({ rows: [] });
    const figures = ["count", "sum", "avg", "min", "max"].map((word) => ({
      function: word,
      column: "id",
    }));
    const counted = await call("aggregate_rows", {
      table: "stay",
      groupBy: [{ column: "at", by: "week" }],
      aggregates: [...figures, { function: "count", column: "name", distinct: true }],
      having: { sum_id: { gt: 0.5 } },
    });
    expect(counted.structuredContent, counted.content[0]?.text).toMatchObject({ rows: [] });
  });

  test("a key that no object should have is a column like any other", async () => {
    const call = open();
    const where = JSON.parse('{"id": 1, "__proto__": 1}');
    const refused = await call("delete_rows", { table: "guest", where });
    expect(refused.content[0]?.text).toContain('has no column "__proto__"');
  });
});
