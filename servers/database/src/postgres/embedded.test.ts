import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "./_temporary-folder.ts";
import { type EmbeddedDatabase, openEmbedded } from "./embedded.ts";

/** Takes minutes where nobody stops it. */
const ENDLESS = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b";

const folder = temporaryFolder();
let database: EmbeddedDatabase;

beforeAll(async () => {
  database = openEmbedded({ dataDir: folder.path });
  await database.script(`
    CREATE TABLE guest (id bigint PRIMARY KEY, name text NOT NULL);
    INSERT INTO guest SELECT n, 'guest ' || n FROM generate_series(1, 250) n;
  `);
}, 60_000);

afterAll(async () => {
  await database.close();
  folder.remove();
});

async function evaluate(expression: string, params: (string | number | number[])[] = []) {
  const { rows } = await database.query(`SELECT ${expression} AS value`, params);
  return rows[0]?.value;
}

test("a query answers with typed columns and rows", async () => {
  expect(await database.query("SELECT id, name FROM guest WHERE id = $1", [7])).toEqual({
    columns: [
      { name: "id", type: "bigint" },
      { name: "name", type: "text" },
    ],
    rows: [{ id: 7, name: "guest 7" }],
    rowCount: 1,
    truncated: false,
    cutValues: 0,
  });
});

describe("values arrive as JSON that loses nothing", () => {
  test.each<[string, unknown]>([
    ["NULL::int", null],
    ["9007199254740991::bigint", 9007199254740991],
    ["9007199254740993::bigint", "9007199254740993"],
    ["12.50::numeric(10,2)", "12.50"],
    ["0.1::float8", 0.1],
    ["'NaN'::float8", "NaN"],
    ["'-Infinity'::float4", "-Infinity"],
    ["'NaN'::numeric", "NaN"],
    ["true", true],
    ["date '2026-11-20'", "2026-11-20"],
    ["time '10:00'", "10:00:00"],
    ["timestamp '2026-11-20 10:00:00.5'", "2026-11-20T10:00:00.5"],
    ["timestamptz '2026-11-20 10:00+02'", "2026-11-20T08:00:00Z"],
    ["timestamptz 'infinity'", "infinity"],
    ["date '0044-03-15 BC'", "0044-03-15 BC"],
    ["interval '1 month 2 days 03:04'", "1 mon 2 days 03:04:00"],
    ["'\\x00ff'::bytea", "AP8="],
    ["'{\"a\": [1, null]}'::jsonb", { a: [1, null] }],
    ["'null'::json", null],
    ["ARRAY[1, NULL, 3]", [1, null, 3]],
    [
      "ARRAY[[1, 2], [3, 4]]::bigint[]",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["ARRAY['a,b', 'c\"d\\e', 'NULL', '', '{}', NULL]", ["a,b", 'c"d\\e', "NULL", "", "{}", null]],
    ["'{}'::text[]", []],
    ["'[0:1]={1.5,2}'::numeric[]", ["1.5", "2"]],
    ["ARRAY['2026-11-20 10:00Z'::timestamptz]", ["2026-11-20T10:00:00Z"]],
    ["'1 2'::int2vector", "1 2"],
    ["ROW(1, 'a')", "(1,a)"],
    ["int4range(1, 5)", "[1,5)"],
    ["'é😀'", "é😀"],
  ])("%s", async (expression, expected) => {
    expect(await evaluate(expression)).toEqual(expected);
  });

  test("digits of numbers inside jsonb are kept", async () => {
    const value = await evaluate("'{\"n\": 9007199254740993}'::jsonb");
    expect(JSON.stringify(value)).toBe('{"n":9007199254740993}');
  });

  test("columns of the same name, or of an odd one, keep their values", async () => {
    const { rows } = await database.query('SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS "__proto__"');
    expect(JSON.stringify(rows)).toBe('[{"a":1,"a_3":2,"a_2":3,"__proto__":4}]');
  });
});

test("parameters of every kind reach the statement", async () => {
  const { rows } = await database.query(
    "SELECT $1::int + 1 AS a, $2::text AS b, $3::jsonb AS c, $4::bool AS d, $5::bigint AS e, $6::date AS f, $7::bytea AS g, 2 = ANY ($8::int[]) AS h, $9::text AS i",
    [1, "x'; DROP", { k: [1] }, true, "9007199254740993", "2026-11-20", "\\x41", [1, 2], null],
  );
  expect(rows).toEqual([
    {
      a: 2,
      b: "x'; DROP",
      c: { k: [1] },
      d: true,
      e: "9007199254740993",
      f: "2026-11-20",
      g: "QQ==",
      h: true,
      i: null,
    },
  ]);
});

test("a parameter that JSON has rounded is refused, not searched for", async () => {
  const rounded = JSON.parse("9007199254740993");
  await expect(database.query("SELECT $1::bigint", [rounded])).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("$1 is beyond 2^53"),
  });
});

describe("pages", () => {
  test("follow each other by offset until the last", async () => {
    const seen: unknown[] = [];
    let offset: number | undefined = 0;
    const sizes: number[] = [];
    while (offset !== undefined) {
      const page = await database.query("SELECT id FROM guest ORDER BY id", [], { offset });
      seen.push(...page.rows.map((row) => row.id));
      sizes.push(page.rowCount);
      expect(page.truncated).toBe(page.nextOffset !== undefined);
      offset = page.nextOffset;
    }
    expect(sizes).toEqual([100, 100, 50]);
    expect(seen).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
  });

  test("a page that ends with the last row is not truncated", async () => {
    const page = await database.query("TABLE guest", [], { maxRows: 250 });
    expect(page).toMatchObject({ rowCount: 250, truncated: false });
  });

  test("bytes end a page too, and never before its first row", async () => {
    const rows = "SELECT repeat('x', 1000) AS text FROM generate_series(1, 50)";
    const page = await database.query(rows, [], { maxBytes: 5_000 });
    expect(page).toMatchObject({ rowCount: 4, truncated: true, nextOffset: 4 });
    const one = await database.query(rows, [], { maxBytes: 10, offset: 49 });
    expect(one).toMatchObject({ rowCount: 1, truncated: false });
  });

  test("a page of an endless result costs a page", async () => {
    const page = await database.query("SELECT generate_series(1, 1e15::bigint)", [], {
      maxRows: 3,
      timeoutMs: 5_000,
    });
    expect(page).toMatchObject({ rowCount: 3, truncated: true });
  });

  test("the output of SHOW is paged as well", async () => {
    const page = await database.query("SHOW ALL", [], { maxRows: 10, offset: 5 });
    expect(page).toMatchObject({ rowCount: 10, truncated: true, nextOffset: 15 });
  });

  test("a value that is too long is cut, says so, and can be read on", async () => {
    const long = "repeat('é', 30000)";
    const page = await database.query(`SELECT ${long} AS text, ${long}::bytea AS bytes`);
    expect(page.cutValues).toBe(2);
    expect(page.rows[0]?.text).toMatch(/^é{20000}… \[cut: 30000 characters in all\]$/);
    expect(page.rows[0]?.bytes).toMatch(/^[\w+/=]+… \[cut: 60000 bytes in all\]$/);
    expect(await evaluate(`length(substr(${long}, 20001))`)).toBe(10_000);
  });

  test("limits that make no sense are refused", async () => {
    await expect(database.query("SELECT 1", [], { maxRows: 0 })).rejects.toMatchObject({
      code: "invalid_input",
    });
  });
});

describe("a mistake in a statement says what and where", () => {
  test.each([
    ["SELEC 1", "invalid_input", /syntax error.*SELEC.*character 1/],
    [
      "SELECT nope FROM guest",
      "invalid_input",
      /"nope" does not exist.*character 8.*describe_table/,
    ],
    ["SELECT * FROM nowhere", "not_found", /"nowhere" does not exist.*character 15.*list_tables/],
    ["SELECT 1 / 0", "invalid_input", /division by zero/],
    ["SELECT 'x'::int", "invalid_input", /invalid input syntax/],
    ["SELECT $1::int", "invalid_input", /parameter/],
    ["", "invalid_input", /no statement/],
    ["-- only a comment", "invalid_input", /no statement/],
  ])("%s", async (sql, code, message) => {
    await expect(database.query(sql)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe("a statement that does not end", () => {
  test("is stopped at its timeout, and the next query works", async () => {
    const started = performance.now();
    await expect(database.query(ENDLESS, [], { timeoutMs: 300 })).rejects.toMatchObject({
      code: "timeout",
      retryable: false,
    });
    expect(performance.now() - started).toBeLessThan(2_300);
    expect(await evaluate("1")).toBe(1);
  });

  test("is stopped when its caller leaves, and who waited behind it is served", async () => {
    const controller = new AbortController();
    const endless = database.query(ENDLESS, [], { signal: controller.signal });
    const waiting = evaluate("2");
    controller.abort();
    await expect(endless).rejects.toMatchObject({ code: "cancelled" });
    expect(await waiting).toBe(2);
  });

  test("does not hold a caller that leaves while it waits", async () => {
    const endless = new AbortController();
    const first = database.query(ENDLESS, [], { signal: endless.signal });
    const second = database.query("SELECT 1", [], { signal: AbortSignal.abort() });
    await expect(second).rejects.toMatchObject({ code: "cancelled" });
    endless.abort();
    await expect(first).rejects.toMatchObject({ code: "cancelled" });
  });
});

test("a statement that builds too much is told to do less, and the next query works", async () => {
  // In large pieces: a loop over each letter of a gigabyte would take as long as a statement may.
  const piece = "repeat(repeat('x', 10000), 1000)";
  const huge = `SELECT string_agg(${piece}, '') FROM generate_series(1, 200)`;
  await expect(database.query(huge)).rejects.toMatchObject({ code: "invalid_input" });
  expect(await evaluate("1")).toBe(1);
});

test("what was written before a statement was stopped is still there", async () => {
  await database.script("CREATE TABLE kept AS SELECT 1 AS n");
  await expect(database.query(ENDLESS, [], { timeoutMs: 200 })).rejects.toMatchObject({
    code: "timeout",
  });
  expect(await evaluate("(SELECT n FROM kept)")).toBe(1);
});

test("a script that fails in the middle changes nothing", async () => {
  await expect(
    database.script("INSERT INTO guest VALUES (1000, 'x'); INSERT INTO guest VALUES (1, 'y')"),
  ).rejects.toMatchObject({ code: "invalid_input" });
  expect(await evaluate("(SELECT count(*) FROM guest WHERE id = 1000)")).toBe(0);
});

test("nothing is made on disk before the first query", async () => {
  const idle = temporaryFolder();
  const dataDir = join(idle.path, "data");
  const unused = openEmbedded({ dataDir });
  await unused.close();
  expect(existsSync(dataDir)).toBe(false);
  idle.remove();
});

test("a folder of another major version is refused with a sentence", async () => {
  const other = temporaryFolder();
  const old = openEmbedded({ dataDir: other.path });
  mkdirSync(join(other.path, "postgres"));
  writeFileSync(join(other.path, "postgres", "PG_VERSION"), "12\n");
  await expect(old.query("SELECT 1")).rejects.toMatchObject({
    code: "unavailable",
    retryable: false,
    message: expect.stringContaining("PostgreSQL 12"),
  });
  await old.close();
  other.remove();
});
