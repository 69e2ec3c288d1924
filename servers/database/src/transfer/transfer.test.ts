import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGuard } from "../guard/guard.ts";
import { openLocal } from "../structure/_catalogs.ts";
import { type ExportOptions, exportRows } from "./export.ts";
import { openFolder } from "./folder.ts";
import { type ImportOptions, importRows } from "./import.ts";
import { findTarget } from "./target.ts";

let database: Awaited<ReturnType<typeof openLocal>>;
const here = await hasLocalPostgres();

beforeAll(async () => {
  if (!here) return;
  database = await openLocal();
  await database.script(`
    CREATE TYPE mood AS ENUM ('fine', 'so so');
    CREATE DOMAIN short AS varchar(5);
    CREATE TABLE kinds (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text, code char(3), bits bit(3), amount numeric(20, 4), ratio float8, ok boolean, at timestamptz,
      day date, span interval, raw bytea, doc jsonb, list int[], texts text[], docs jsonb[], feeling mood,
      tag short, twice numeric GENERATED ALWAYS AS (amount * 2) STORED
    );
    INSERT INTO kinds (name, code, bits, amount, ratio, ok, at, day, span, raw, doc, list, texts, docs, feeling, tag)
    VALUES ('Ana "A", \\', 'ab', '101', 12345678901234.5678, 'NaN', true, '2026-01-02 03:04:05.678+02', '0044-03-15 BC',
        '1 year 2 days', '\\x00ff5c', '{"a": [1, "x"], "big": 12345678901234567890}', '{1,NULL,3}',
        '{"a,b","c\\"d",NULL,"NULL",""}', '{"{\\"k\\": 1}","\\"t\\""}', 'so so', 'abc'),
      ('', '', '000', 0, 'Infinity', false, 'infinity', 'infinity', '0', '', '"text"', '{{1,2},{3,4}}', '{}', '{}', 'fine', ''),
      (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    CREATE TABLE guest (id int PRIMARY KEY, name varchar(8) NOT NULL, age int DEFAULT 18 CHECK (age > 0));
  `);
});

afterAll(() => database?.close());

const times = { format: "csv", timeoutMs: 60_000, statementTimeoutMs: 30_000 } as const;
const exporting: ExportOptions = { ...times, guard: createGuard({ mode: "read-only" }) };
const importing: ImportOptions = {
  ...times,
  batchRows: 100,
  conflicts: { do: "refuse" },
  maxRejects: 1_000,
  checkColumns() {},
};

async function exportText(sql: string, options: Partial<ExportOptions> = {}): Promise<string> {
  let text = "";
  const write = async (part: string) => {
    text += part;
  };
  await exportRows(database, { sql }, write, { ...exporting, ...options });
  return text;
}

async function importText(table: string, text: string, options: Partial<ImportOptions> = {}) {
  const target = await findTarget(database, { table });
  if (!target) throw new Error(`no table ${table}`);
  const bytes = Buffer.from(text);
  async function* input() {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  }
  return importRows(database, target, input(), { ...importing, ...options });
}

async function rowsOf(sql: string) {
  return (await database.read((connection) => connection.run(sql))).rows;
}

describe.runIf(here)("rows out and in", () => {
  test.each(["csv", "json", "ndjson"] as const)(
    "%s carries every type there and back",
    async (format) => {
      const before = await rowsOf("SELECT * FROM kinds ORDER BY id");
      const text = await exportText("SELECT * FROM kinds ORDER BY id", { format });
      await database.script("TRUNCATE kinds");
      expect(await importText("kinds", text, { format })).toMatchObject({ rows: 3, rejected: 0 });
      expect(await rowsOf("SELECT * FROM kinds ORDER BY id")).toEqual(before);
    },
  );

  test("an export of nothing is a header, an empty list, nothing", async () => {
    const nothing = "SELECT 1 AS id WHERE false";
    expect(await exportText(nothing)).toBe("id\n");
    expect(JSON.parse(await exportText(nothing, { format: "json" }))).toEqual([]);
    expect(await exportText(nothing, { format: "ndjson" })).toBe("");
  });

  test("the rules hold for what leaves: what is denied is refused, what is masked comes masked", async () => {
    const guard = createGuard({
      mode: "admin",
      maskColumns: ["kinds.name"],
      denyColumns: ["kinds.raw"],
    });
    const text = await exportText("SELECT id, name FROM kinds ORDER BY id", { guard });
    expect(text.split("\n")[1]).toMatch(/^\d+,\*\*\*$/);
    const numbers = createGuard({ mode: "read-only", maskColumns: ["kinds.ratio"] });
    const json = await exportText("SELECT ratio FROM kinds ORDER BY id", {
      ...{ guard: numbers, format: "ndjson" },
    });
    expect(json).toBe('{"ratio":"***"}\n{"ratio":"***"}\n{"ratio":null}\n');
    for (const sql of [
      "SELECT raw FROM kinds",
      "SELECT lower(name) FROM kinds",
      "DELETE FROM kinds RETURNING 1",
    ])
      await expect(exportText(sql, { guard })).rejects.toMatchObject({ code: "denied" });
  });

  test("all rows of an export are of one moment, in batches that fit", async () => {
    await database.script(
      "CREATE TABLE much AS SELECT n AS id, repeat('x', 1000) AS filling FROM generate_series(1, 5000) n",
    );
    const seen: number[] = [];
    const text = await exportText("SELECT id, filling FROM much", {
      onProgress({ rows }) {
        if (seen.length === 0) void database.script("DELETE FROM much WHERE id > 2500");
        seen.push(rows);
      },
    });
    expect(text.split("\n")).toHaveLength(5_002);
    expect(seen[0]).toBe(64);
    expect(Math.max(...seen.slice(1).map((rows, at) => rows - (seen[at] ?? 0)))).toBeLessThan(
      1_100,
    );
  });

  test("a value that a column would cut is refused, not cut", async () => {
    const error = await importText("guest", "id,name\n1,Ana\n2,Maximiliana\n").catch((e) => e);
    expect(error).toMatchObject({ code: "invalid_input", details: { line: 3 } });
    expect(error.message).toMatch(/^Line 3: value too long.*Nothing was imported/);
    expect(await rowsOf("SELECT * FROM guest")).toEqual([]);
  });

  test("the first wrong row ends it, whatever it is, and is named by its line", async () => {
    const lines = Array.from({ length: 250 }, (_, n) => `${n + 1},g${n},${n === 180 ? "x" : 20}`);
    const error = await importText("guest", `id,name,age\n${lines.join("\n")}\n`).catch((e) => e);
    expect(error.message).toMatch(/^Line 182: invalid input syntax for type integer: "x"/);
    expect(await rowsOf("SELECT * FROM guest")).toEqual([]);
  });

  test("with a place for rejects the good rows are kept and the wrong ones told, each with line and reason", async () => {
    const folder = temporaryFolder();
    const rejects = () => openFolder(folder).create("wrong.ndjson");
    const lines = Array.from({ length: 300 }, (_, n) => `${n + 1},guest,20`);
    lines[10] = "11,guest,-1";
    lines[11] = "1,twice,20";
    lines[12] = "13,,20";
    lines[150] = "151,too,many,cells";
    lines[299] = "300,a,x";
    const result = await importText("guest", `id,name,age\n${lines.join("\n")}`, { rejects });
    expect(result).toMatchObject({
      rows: 295,
      rejected: 5,
      rejectFile: join(folder, "wrong.ndjson"),
    });
    const told = readFileSync(join(folder, "wrong.ndjson"), "utf8").trim().split("\n");
    const parsed = told.map((line) => JSON.parse(line));
    expect(parsed).toEqual(result.rejects);
    expect(parsed.map(({ line }) => line).toSorted((a, b) => a - b)).toEqual([
      12, 13, 14, 152, 301,
    ]);
    expect(parsed.find(({ line }) => line === 12)).toMatchObject({
      reason: expect.stringContaining("guest_age_check"),
      row: { id: "11", name: "guest", age: "-1" },
    });
    expect(readdirSync(folder)).toEqual(["wrong.ndjson"]);
    expect(await rowsOf("SELECT count(*) FROM guest")).toEqual([["295"]]);
    await database.script("TRUNCATE guest");
  });

  test("too many rejects are the end, and leave neither rows nor a file", async () => {
    const folder = temporaryFolder();
    const rejects = () => openFolder(folder).create("wrong.ndjson");
    const text = `id,name\n${Array.from({ length: 50 }, () => "x,y").join("\n")}\n`;
    const attempt = importText("guest", text, { rejects, maxRejects: 20 });
    await expect(attempt).rejects.toThrow("More than 20 rows were refused");
    expect(existsSync(join(folder, "wrong.ndjson"))).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("rows of a key that is there are refused, left, or brought up to date", async () => {
    await importText("guest", "id,name\n1,Ana\n2,Rui\n");
    await expect(importText("guest", "id,name\n2,New\n")).rejects.toThrow("Line 2: duplicate key");
    const skip = await importText("guest", "id,name\n2,New\n3,Eva\n", {
      conflicts: { do: "skip" },
    });
    expect(skip).toMatchObject({ rows: 1, skipped: 1 });
    // Twice in one batch: the later row counts.
    const update = await importText("guest", "id,name\n2,First\n2,Last\n", {
      conflicts: { do: "update" },
    });
    expect(update).toMatchObject({ rows: 2, skipped: 0 });
    expect(await rowsOf("SELECT id, name FROM guest ORDER BY id")).toEqual([
      ["1", "Ana"],
      ["2", "Last"],
      ["3", "Eva"],
    ]);
    await database.script("TRUNCATE guest");
  });

  test("rows of several shapes go in together, and what a row does not name gets its default", async () => {
    const text =
      '{"id":1,"name":"Ana"}\n{"name":"Rui","id":2,"age":30}\n{"id":3,"name":"Eva","age":null}\n';
    await importText("guest", text, { format: "ndjson" });
    expect(await rowsOf("SELECT * FROM guest ORDER BY id")).toEqual([
      ["1", "Ana", "18"],
      ["2", "Rui", "30"],
      ["3", "Eva", null],
    ]);
    await database.script("TRUNCATE guest");
  });

  test("an unknown column names the nearest, before anything is written", async () => {
    await expect(importText("guest", "id,nmae\n1,x\n")).rejects.toThrow('Did you mean "name"?');
  });

  test("what the rules forbid is asked of every set of columns", async () => {
    const asked: (readonly string[])[] = [];
    await importText("guest", "id,name\n1,Ana\n", {
      checkColumns: (columns) => void asked.push(columns),
    });
    expect(asked).toEqual([["id", "name"]]);
    await database.script("TRUNCATE guest");
  });

  test("who leaves in the middle leaves nothing behind", async () => {
    const controller = new AbortController();
    const lines = Array.from({ length: 2_000 }, (_, n) => `${n + 1},g`).join("\n");
    const attempt = importText("guest", `id,name\n${lines}\n`, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(attempt).rejects.toMatchObject({ code: "cancelled" });
    expect(await rowsOf("SELECT count(*) FROM guest")).toEqual([["0"]]);
  });

  test("a hundred thousand rows go out and in", async () => {
    await database.script(`CREATE TABLE many (id int PRIMARY KEY, name text, at timestamptz);
      CREATE TABLE copied (LIKE many INCLUDING ALL);
      INSERT INTO many SELECT n, 'guest ' || n, '2026-01-01'::timestamptz + n * interval '1 s'
      FROM generate_series(1, 100000) n`);
    const text = await exportText("SELECT * FROM many");
    expect(await importText("copied", text, { batchRows: 2_000 })).toMatchObject({ rows: 100_000 });
    expect(await rowsOf("SELECT count(*) FROM (TABLE many EXCEPT TABLE copied) d")).toEqual([
      ["0"],
    ]);
  }, 30_000);
});
