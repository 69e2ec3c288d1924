import { findPrograms, type OwnPostgres, startPostgres } from "@trestle/testkit/local-postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLocal, postgresKinds, type TestCatalog } from "../structure/_catalogs.ts";
import { EVERYTHING } from "../structure/visibility.ts";
import { findBloat } from "./bloat.ts";
import { maskUrl, readConnectionFacts } from "./connection-info.ts";
import { findSlowQueries, ORDERS } from "./slow-queries.ts";
import { withoutLiterals } from "./statements.ts";
import { readTableStats, STATS_ORDERS } from "./table-stats.ts";

const SCRIPT = `
  CREATE TABLE stay (id int PRIMARY KEY, day date, note text) WITH (autovacuum_enabled = off);
  INSERT INTO stay SELECT n, date '2026-01-01' + n % 365, repeat('x', 80) FROM generate_series(1, 16000) n;
  CREATE TABLE full_one (id int PRIMARY KEY, note text) WITH (autovacuum_enabled = off);
  INSERT INTO full_one SELECT n, repeat('y', n % 90) FROM generate_series(1, 16000) n;
  DELETE FROM stay WHERE id % 10 > 0;
`;

describe.each(await postgresKinds())("on %s", (_name, open) => {
  let catalog: TestCatalog;

  beforeAll(async () => {
    catalog = await open();
    await catalog.script(SCRIPT);
    await catalog.script("ANALYZE");
  }, 120_000);

  afterAll(() => catalog.close());

  test("tables are told with their sizes, in each order", async () => {
    for (const order of STATS_ORDERS) {
      const { tables, total } = await readTableStats(catalog, { order });
      expect(total).toBe(2);
      expect(tables[0]?.totalBytes).toBeGreaterThan(1_000_000);
    }
    const { tables } = await readTableStats(catalog, { order: "rows", limit: 1 });
    expect(tables).toMatchObject([{ schema: "public", table: "full_one", estimatedRows: 16_000 }]);
  });

  test("one table is told with its columns, without a value of them", async () => {
    const { tables, columns } = await readTableStats(catalog, { table: "stay" });
    expect(tables).toHaveLength(1);
    expect(columns).toMatchObject([
      { column: "id", nulls: 0, distinct: -1, width: 4 },
      { column: "day", width: 4 },
      { column: "note", distinct: 1 },
    ]);
    await expect(readTableStats(catalog, { table: "sty" })).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining('"stay"'),
    });
  });

  test("what wastes space is told, and what is full is not", async () => {
    const bloat = await findBloat(catalog, { minBytes: 200_000 });
    const table = bloat.find(({ kind }) => kind === "table");
    expect(table).toMatchObject({ schema: "public", table: "stay", index: null });
    expect(table?.share).toBeGreaterThan(0.8);
    expect(bloat.map(({ table: name }) => name)).not.toContain("full_one");
    expect(await findBloat(catalog, { visible: { ...EVERYTHING, table: () => false } })).toEqual(
      [],
    );
  });

  test("where nothing is counted, the next step is told", async () => {
    const { queries, enable } = await findSlowQueries(catalog);
    expect(queries).toEqual([]);
    expect(enable).toMatch(/CREATE EXTENSION pg_stat_statements|has no pg_stat_statements/);
  });

  test("the server says who we are to it", async () => {
    expect(await readConnectionFacts(catalog)).toMatchObject({
      version: expect.stringMatching(/^1\d\./),
      user: "postgres",
      attributes: expect.arrayContaining(["superuser"]),
      encoding: "UTF8",
      standby: false,
    });
  });
});

describe.skipIf(!findPrograms())("with pg_stat_statements", () => {
  let server: OwnPostgres;
  let catalog: TestCatalog;

  beforeAll(async () => {
    server = await startPostgres({
      programs: findPrograms() ?? "",
      settings: { shared_preload_libraries: "pg_stat_statements" },
    });
    catalog = await openLocal(server.url);
    await catalog.script(SCRIPT);
  }, 120_000);

  afterAll(async () => {
    await catalog?.close();
    server?.stop();
  });

  test("it only has to be created, and then counts, without anybody's literals", async () => {
    expect((await findSlowQueries(catalog)).enable).toMatch(
      /^Nothing is counted yet. To count: run CREATE EXTENSION/,
    );
    await catalog.script("CREATE SCHEMA odd; CREATE EXTENSION pg_stat_statements SCHEMA odd");
    await catalog.script("SELECT count(*) FROM stay WHERE note = 'my secret'");
    await catalog.script("ALTER ROLE postgres PASSWORD 'my secret'");
    for (const order of ORDERS) {
      const { queries, since, enable } = await findSlowQueries(catalog, { order, limit: 100 });
      expect(enable).toBeUndefined();
      expect(since).toMatch(/^\d{4}-.*Z$/);
      expect(queries.map(({ query }) => query)).toContain(
        "SELECT count(*) FROM stay WHERE note = $1",
      );
      expect(JSON.stringify(queries)).not.toContain("secret");
    }
    const { queries } = await findSlowQueries(catalog, { minCalls: 1_000_000 });
    expect(queries).toEqual([]);
  });

  test("a statement that names what is hidden is counted, and not shown", async () => {
    const visible = { ...EVERYTHING, restricted: true, statement: async () => false };
    const { queries } = await findSlowQueries(catalog, { visible });
    expect(new Set(queries.map(({ query }) => query))).toEqual(
      new Set(["(not shown: the rules of this server)"]),
    );
  });
});

test.each([
  ["SELECT 'a', 1 FROM t WHERE b = 'c'", "SELECT $1, $2 FROM t WHERE b = $3"],
  [
    "SELECT * FROM t1 WHERE b = 1234 AND a = 'cut off at the en",
    "SELECT * FROM t1 WHERE b = … AND a = '…'",
  ],
  ["SELECT $$body$$ from where", "SELECT '…' from where"],
])("%s is shown without its literals", async (sql, shown) => {
  expect(await withoutLiterals(sql)).toBe(shown);
});

test.each([
  [
    "postgres://ana:s3cret@db.example:5432/app?sslmode=require",
    "postgres://ana:***@db.example:5432/app?sslmode=require",
  ],
  [
    "postgres://db.example/app?password=s3cret&sslkey=x",
    "postgres://db.example/app?password=***&sslkey=***",
  ],
  ["postgres://ana:s3%40cret@db.example/app", "postgres://ana:***@db.example/app"],
  ["not a url", "(not a URL)"],
])("%s is shown without what is secret", (url, masked) => {
  expect(maskUrl(url)).toBe(masked);
});
