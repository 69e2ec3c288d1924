import type { JsonObject } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestEmbedded, createTestPostgres } from "./_postgres.ts";
import {
  aggregateRows,
  deleteRows,
  insertRows,
  prepareDelete,
  selectRows,
  updateRows,
  upsertRows,
} from "./run.ts";
import type { Where } from "./where.ts";

const targets = (await hasLocalPostgres())
  ? { "a server": createTestPostgres, "the embedded database": createTestEmbedded }
  : { "the embedded database": createTestEmbedded };

describe.each(Object.entries(targets))("rows of %s", (_name, open) => {
  let target: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    target = await open();
    await target.script(SCHEMA);
  });
  afterAll(() => target.close());

  const ids = async (where: Where, table = "stay") => {
    const { rows } = await selectRows(target, { table, where, columns: ["id"] });
    return rows.map((row) => row.id);
  };

  test.for<[Where, number[]]>([
    [{}, [1, 2, 3, 4, 5]],
    [{ status: "paid" }, [1, 2]],
    [{ status: ["paid", "open"] }, [1, 2, 3]],
    [{ status: { ne: "paid" } }, [3, 4]],
    [{ status: null }, [5]],
    [{ status: { isNull: false } }, [1, 2, 3, 4]],
    [{ status: { nin: ["paid"] } }, [3, 4]],
    [{ status: { in: [] } }, []],
    [{ not: { status: { in: [] } } }, [1, 2, 3, 4, 5]],
    [{ amount: { gt: "99.99", lte: 200 } }, [1, 2]],
    [{ amount: { between: [100, 150.5] } }, [1, 2]],
    [{ arrival: { gte: "2026-06-01", lt: "2026-06-03" } }, [1, 2]],
    [{ or: [{ id: 1 }, { and: [{ id: { gt: 3 } }, { status: { like: "can%" } }] }] }, [1, 4]],
    [{ not: { or: [{ id: 1 }, { id: 2 }] } }, [3, 4, 5]],
    [{ guest: { startsWith: "A_" } }, [2]],
    [{ guest: { endsWith: "%" } }, [3]],
    [{ guest: { contains: "n" } }, [1]],
    [{ guest: { ilike: "AN%" } }, [1]],
    [{ guest: { matches: "^[AE]" } }, [1, 2]],
    [{ guest: { imatches: "^e" } }, []],
    [{ tags: { contains: "sea" } }, [1, 2]],
    [{ tags: { contains: ["sea", "top"] } }, [2]],
    [{ tags: { overlaps: ["top", "dog"] } }, [2, 3]],
    [{ tags: ["sea"] }, [1]],
    [{ tags: { containedBy: ["sea"] } }, [1, 4]],
    [{ facts: { contains: { beds: 2 } } }, [1]],
    [{ facts: { hasKey: "pool" } }, [2]],
    [{ facts: { eq: { beds: 2, note: 'it\'s "ok"' } } }, [1]],
    [{ during: { overlaps: "[2026-06-02,2026-06-04)" } }, [1]],
    [{ token: "6F9619FF-8B86-D011-B42D-00CF4FC964FF" }, [1]],
    [{ token: { startsWith: "6f96" } }, [1]],
    [{ scan: "3q2+7w==" }, [1]],
    [{ scan: "\\xdeadbeef" }, [1]],
    [{ big: "9223372036854775807" }, [1]],
    [{ paid: true }, [1]],
    [{ '"or"': 7 }, [1]],
    [{ made: "2026-01-01T00:00:00Z" }, [1]],
  ])("%j finds %j", async ([where, expected]) => {
    expect(await ids(where)).toEqual(expected);
  });

  test.for<[Where, string]>([
    [{ statsu: 1 }, 'where.statsu: public.stay has no column "statsu". Did you mean "status"?'],
    [{ "length(guest)": 1 }, "Names of columns are read here, no SQL. Columns: id, status"],
    [{ id: { gte: "x" } }, 'where.id.gte: "x" is no whole number.'],
    [{ id: { greater: 1 } }, 'where.id.greater: there is no operator "greater"'],
    [{ id: 2 ** 60 }, "beyond 2^53"],
    [{ id: "99999999999" }, "out of range: at most 2147483647"],
    [{ status: "piad" }, 'where.status: "piad" is none of its values. Did you mean "paid"?'],
    [{ or: [] }, "where.or: must be a list of conditions, with at least one."],
    [{ or: [{ id: { between: [1] } }] }, "where.or[0].id.between: needs a list of two values"],
    [{ id: {} }, "where.id: needs an operator: eq, ne"],
    [{ facts: { beds: 2 } }, 'A JSON value is compared by { "eq": … }'],
    [{ raw: "{}" }, "where.raw: json can not be compared"],
    [{ id: { contains: 1 } }, "contains is for texts"],
    [{ arrival: "soon" }, 'where.arrival: invalid input syntax for type date: "soon"'],
    [{ arrival: 20260601 }, "give a text such as 2026-05-01"],
    [{ guest: "a\0b" }, "U+0000"],
    [{ facts: { eq: "\u0000" } }, "U+0000"],
    [{ id: { eq: null, gt: null } }, "where.id.gt: null can not be compared: use isNull"],
    [{ guest: { matches: "(" } }, "where.guest.matches: invalid regular expression"],
    [{ secret: "x" }, "where.secret: the column stay.secret may not be used here"],
    [{ scan: "no base64!" }, "where.scan: bytes are given as base64"],
  ])("%j is refused with a word", async ([where, message]) => {
    await expect(ids(where)).rejects.toThrow(message);
  });

  test("unknown tables are told with the nearest, denied ones are refused", async () => {
    await expect(selectRows(target, { table: "stya" })).rejects.toThrow('Did you mean "stay"?');
    await expect(selectRows(target, { table: "elsewhere" })).rejects.toThrow(
      "It exists in schema other: pass schema.",
    );
    await expect(selectRows(target, { table: "other.elsewher" })).rejects.toThrow(
      'Did you mean "elsewhere"?',
    );
    await expect(insertRows(target, { table: "nothing", rows: [{}] })).rejects.toThrow("no column");
    await expect(selectRows(target, { table: "secrets" })).rejects.toMatchObject({
      code: "denied",
    });
    await expect(selectRows(target, { table: "secretz" })).rejects.not.toThrow('"secrets"');
  });

  test("a schema may stand before the table's name, unless a table has that very name", async () => {
    const columnsOf = async (table: string) => {
      const { columns } = await selectRows(target, { table });
      return columns.map(({ name }) => name);
    };
    expect(await columnsOf("other.elsewhere")).toEqual(["id"]);
    expect(await columnsOf("public.dotted.name")).toEqual(["own"]);
    await target.script('CREATE TABLE "other.elsewhere" (own int)');
    expect(await columnsOf("other.elsewhere")).toEqual(["own"]);
  });

  test("denied columns are left out, masked ones can not be asked about", async () => {
    const { columns } = await selectRows(target, { table: "guest" });
    expect(columns.map(({ name }) => name)).toEqual(["id", "name", "phone"]);
    for (const input of [
      { where: { phone: { startsWith: "1" } } },
      { orderBy: ["phone"] },
      { where: { not: { or: [{ phone: "1" }] } } },
    ])
      await expect(selectRows(target, { table: "guest", ...input })).rejects.toThrow("masked");
    for (const input of [
      { aggregates: [{ function: "max", column: "phone" }] as const },
      { aggregates: [{ function: "count" }] as const, groupBy: ["phone"] },
    ])
      await expect(aggregateRows(target, { table: "guest", ...input })).rejects.toThrow("masked");
  });

  test("order, nulls and pages: each row once, in each way of paging", async () => {
    const orders = [
      ["status"],
      [{ column: "status", direction: "desc" }],
      [{ column: "status", nulls: "first" }],
      [{ column: "status", direction: "desc", nulls: "last" }, "guest"],
      [{ column: "amount", direction: "desc" }, { column: "arrival" }],
      [{ column: "id", direction: "desc" }],
      ["made", { column: "token", direction: "desc" }, "scan", "big", "paid"],
      [],
    ] as const;
    for (const orderBy of orders) {
      const whole = await selectRows(target, { table: "stay", orderBy });
      const byCursor: JsonObject[] = [];
      const byOffset: JsonObject[] = [];
      let cursor: string | undefined;
      let offset: number | undefined;
      do {
        const page = await selectRows(target, {
          table: "stay",
          orderBy,
          limit: 2,
          columns: ["guest"],
          cursor,
        });
        byCursor.push(...page.rows);
        cursor = page.nextCursor;
      } while (cursor);
      do {
        const page = await selectRows(target, { table: "stay", orderBy, limit: 2, offset });
        byOffset.push(...page.rows);
        offset = page.nextOffset;
      } while (offset);
      expect(byCursor).toEqual(whole.rows.map(({ guest }) => ({ guest })));
      expect(byOffset).toEqual(whole.rows);
    }
  });

  test("an order by lists or json has offsets only", async () => {
    for (const column of ["tags", "facts"]) {
      const page = await selectRows(target, { table: "stay", orderBy: [column], limit: 2 });
      expect(page).toMatchObject({ truncated: true, nextOffset: 2 });
      expect(page).not.toHaveProperty("nextCursor");
    }
  });

  test("a cursor of another order, a broken one and one beside an offset are refused", async () => {
    const { nextCursor } = await selectRows(target, { table: "stay", limit: 1 });
    for (const wrong of [
      { orderBy: ["guest"], cursor: nextCursor },
      { cursor: "broken" },
      { cursor: nextCursor, offset: 1 },
      { table: "keyless", cursor: nextCursor },
    ])
      await expect(selectRows(target, { table: "stay", ...wrong })).rejects.toMatchObject({
        code: "invalid_input",
      });
  });

  test("a document that is nested deeper than messages may be comes as its text", async () => {
    await target.script(
      `CREATE TABLE deep (id int PRIMARY KEY, facts jsonb);
       INSERT INTO deep VALUES (1, (repeat('[', 2000) || repeat(']', 2000))::jsonb), (2, '[[]]')`,
    );
    const { rows } = await selectRows(target, { table: "deep", orderBy: ["id"] });
    expect(rows.map(({ facts }) => facts)).toEqual(["[".repeat(2_000) + "]".repeat(2_000), [[]]]);
  });

  test("a condition may name what no row of the column could hold", async () => {
    const where = { short: { ne: "far too long" }, price: { lt: "123456789.5" } };
    expect((await selectRows(target, { table: "everything", where })).rows).toEqual([]);
  });

  test("distinct rows", async () => {
    const { rows } = await selectRows(target, {
      table: "stay",
      columns: ["paid"],
      distinct: true,
      orderBy: [{ column: "paid", nulls: "first" }],
    });
    expect(rows).toEqual([{ paid: null }, { paid: false }, { paid: true }]);
  });

  test("rows go in as they are meant, and come back the same", async () => {
    const row = {
      text: `'; DROP TABLE stay; -- \\ " \u{1f600}`,
      json: { a: [1, "x", null], b: { "'": '"' } },
      jsons: [{ a: 1 }, [1, 2], "x", null],
      texts: ["a,b", '"', "\\", "{}", "NULL", "", null],
      matrix: [
        [1, 2],
        [3, 4],
      ],
      big: "9007199254740993",
      exact: "0.10000000000000000001",
      bytes: "AP/+",
      at: "2026-05-01T10:00:00.123456Z",
      day: "2026-02-28",
      flag: false,
      mood: "open",
      score: 50,
      real: 0.1,
      span: "1 mon 2 days",
    };
    const { rows, affectedRows, command } = await insertRows(target, {
      table: "everything",
      rows: [row, {}],
      returning: ["*"],
    });
    expect([affectedRows, command]).toEqual([2, "INSERT"]);
    const { id, twice, ...same } = rows[0] as JsonObject;
    expect(same).toMatchObject(row);
    expect([id, twice]).toEqual([1, 100]);
    expect(rows[1]).toMatchObject({ id: 2, text: "none", json: null });
  });

  test.for<[JsonObject, string]>([
    [{ twice: 1 }, 'rows[0].twice: Postgres computes "twice": leave it out.'],
    [{ id: 1 }, "rows[0].id: Postgres computes"],
    [{ text: { a: 1 } }, 'rows[0].text: {"a":1} is no single value, and the column is text.'],
    [{ short: "toolong" }, "rows[0].short: 7 characters are too long for character varying(5)."],
    [{ price: 12345 }, "rows[0].price: 12345 is too large for numeric(6,2)."],
    [{ matrix: 3 }, "rows[0].matrix: 3 is no list, and the column is integer[]."],
    [{ matrix: [1, "x"] }, 'rows[0].matrix[1]: "x" is no whole number.'],
    [{ flag: "maybe" }, 'rows[0].flag: "maybe" is neither true nor false.'],
    [{ at: "yesterdayish" }, "rows[0].at: invalid input syntax"],
    [{ day: "2026-02-30" }, "rows[0].day: date/time field value out of range"],
    [{ span: 5 }, 'rows[0].span: 5 is no interval: give a text such as "2 days".'],
    [{ span: "for ever" }, "rows[0].span: invalid input syntax for type interval"],
    [{ score: 101 }, "percent_check"],
    [{ nope: 1 }, 'has no column "nope"'],
    [{ text: null }, 'null value in column "text"'],
  ])("a row %j is refused with the field's name", async ([row, message]) => {
    await expect(insertRows(target, { table: "everything", rows: [row] })).rejects.toThrow(message);
  });

  test("of many rows with the same fault the first is named", async () => {
    const rows = ["2026-01-01", "soon", "soon", "soon", "soon"].map((day) => ({ day }));
    const { rows: shown } = await target.database.query("SHOW server_version_num");
    // Postgres 13 does not say which value it was.
    const where = Number(shown[0]?.server_version_num) < 140_000 ? "" : "rows[1].day: ";
    await expect(insertRows(target, { table: "everything", rows })).rejects.toThrow(
      `${where}invalid input syntax for type date: "soon"`,
    );
  });

  test("an upsert changes what is there and adds what is not", async () => {
    const upsert = (rows: JsonObject[], more = {}) =>
      upsertRows(target, { table: "room", rows, returning: ["*"], ...more });
    await upsert([{ code: "A", name: "Sea", beds: 1 }]);
    const both = [
      { code: "A", name: "Lake", beds: 2 },
      { code: "B", name: "Hill", beds: 3 },
    ];
    expect((await upsert(both)).rows).toEqual(both);
    const kept = await upsert([{ code: "A", name: "New", beds: 9 }], { update: ["beds"] });
    expect(kept.rows).toEqual([{ code: "A", name: "Lake", beds: 9 }]);
    const skipped = await upsert([{ code: "A", name: "X", beds: 0 }], { update: [] });
    expect(skipped).toMatchObject({ rows: [], affectedRows: 0 });
    const byName = await upsert([{ code: "C", name: "Hill", beds: 4 }], {
      conflictColumns: ["name"],
    });
    expect(byName.rows).toEqual([{ code: "C", name: "Hill", beds: 4 }]);
    await expect(upsert(both, { conflictColumns: ["beds"] })).rejects.toThrow("code; name");
    await expect(upsert([{ code: "A", beds: 1 }, { code: "B" }])).rejects.toThrow(
      'rows[1]: has no "beds"',
    );
    await expect(
      upsertRows(target, { table: "everything", rows: [{ id: 1, text: "x" }] }),
    ).rejects.toThrow('no row can bring "id", which Postgres computes');
    await expect(upsert([{ name: "x" }])).rejects.toThrow('give "code" in each');
  });

  test("an update and a delete need a condition, or the word that all is meant", async () => {
    await target.script(
      "INSERT INTO room SELECT 'r' || n, 'n' || n, 1 FROM generate_series(1, 5) n",
    );
    const update = (more: object) =>
      updateRows(target, { table: "room", set: { beds: 7 }, ...more });
    const vacuous: Where[] = [{}, { not: { code: [] } }, { code: { nin: [] } }, { and: [{}] }];
    for (const where of [undefined, ...vacuous]) {
      await expect(update({ where })).rejects.toThrow("it would be every row of room");
      await expect(deleteRows(target, { table: "room", where })).rejects.toThrow("all: true");
    }
    await expect(update({ all: true, where: { code: "r1" } })).rejects.toThrow("leave out one");
    expect(await update({ where: { code: "r1" }, returning: ["beds"] })).toMatchObject({
      affectedRows: 1,
      rows: [{ beds: 7 }],
    });
    const where = { code: { startsWith: "r" }, beds: 1 };
    expect(await deleteRows(target, { table: "room", where })).toMatchObject({ affectedRows: 4 });
    const all = await prepareDelete(target, { table: "room", all: true });
    expect(all).toMatchObject({ table: "public.room", isForAll: true });
    expect((await all.run()).affectedRows).toBeGreaterThan(0);
  });

  test("figures of groups", async () => {
    const byStatus = await aggregateRows(target, {
      table: "stay",
      groupBy: ["status"],
      aggregates: [
        { function: "count" },
        { function: "sum", column: "amount", as: "turnover" },
        { function: "count", column: "paid", distinct: true },
        { function: "max", column: "arrival" },
      ],
      having: { turnover: { gt: 20.5 } },
      orderBy: [{ column: "turnover", direction: "desc" }],
    });
    expect(byStatus.rows).toEqual([
      {
        status: "paid",
        count: 2,
        turnover: "250.50",
        count_distinct_paid: 2,
        max_arrival: "2026-06-02",
      },
      {
        status: "open",
        count: 1,
        turnover: "50.00",
        count_distinct_paid: 0,
        max_arrival: "2026-06-03",
      },
    ]);
    const byMonth = await aggregateRows(target, {
      table: "stay",
      groupBy: [{ column: "arrival", by: "month" }],
      aggregates: [{ function: "sum", column: "id" }],
      having: { or: [{ sum_id: { gte: 5.5 } }, { arrival_month: "2027-01-01" }] },
    });
    expect(byMonth.rows).toEqual([{ arrival_month: "2026-06-01", sum_id: 10 }]);
  });

  test.for<[object, string]>([
    [{ function: "sum", column: "guest" }, "aggregates[0].column: sum is for numbers"],
    [{ function: "avg" }, "aggregates[0].column: avg needs a column"],
    [{ function: "count", column: "gest" }, 'Did you mean "guest"?'],
    [{ function: "count", as: "x".repeat(64) }, "aggregates[0].as: "],
  ])("a figure %j is refused with the field's name", async ([figure, message]) => {
    const input = { table: "stay", aggregates: [figure as { function: "count" }] };
    await expect(aggregateRows(target, input)).rejects.toThrow(message);
  });

  test("what Postgres says of a statement does not speak of a text that nobody wrote", async () => {
    const input = { table: "stay", aggregates: [{ function: "max", column: "raw" }] as const };
    await expect(aggregateRows(target, input)).rejects.toThrow(/max\(json\) does not exist\. No/);
  });

  test("a page of groups says how the next one begins", async () => {
    const input = {
      table: "stay",
      groupBy: ["guest"],
      aggregates: [{ function: "count" }] as const,
      limit: 2,
    };
    const first = await aggregateRows(target, input);
    expect(first).toMatchObject({ rowCount: 2, truncated: true, nextOffset: 2 });
    const second = await aggregateRows(target, { ...input, offset: 2 });
    expect(second.rows[0]).not.toEqual(first.rows[0]);
  });
});

const SCHEMA = `
CREATE TYPE status AS ENUM ('open', 'paid', 'cancelled');
CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE stay (id int PRIMARY KEY, status status, amount numeric(10,2), arrival date NOT NULL, guest text,
  tags text[], facts jsonb, raw json, during daterange, token uuid, scan bytea, big bigint, paid boolean,
  "or" int, made timestamptz, secret text);
INSERT INTO stay (id, status, amount, arrival, guest, tags, facts, during, token, scan, big, paid, "or", made) VALUES
  (1, 'paid', 150.50, '2026-06-01', 'Ana', '{sea}', '{"beds": 2, "note": "it''s \\"ok\\""}', '[2026-06-01,2026-06-03)',
    '6f9619ff-8b86-d011-b42d-00cf4fc964ff', '\\xdeadbeef', 9223372036854775807, true, 7, '2026-01-01T00:00:00Z'),
  (2, 'paid', 100.00, '2026-06-02', 'A_E', '{sea,top}', '{"pool": true}', null, null, null, null, false, null, null),
  (3, 'open', 50.00, '2026-06-03', '5%', '{dog}', null, null, null, null, null, null, null, null),
  (4, 'cancelled', null, '2026-06-04', null, '{}', null, null, null, null, null, null, null, null),
  (5, null, 10.00, '2026-07-01', 'Éva', null, null, null, null, null, null, null, null, null);
CREATE TABLE guest (id int PRIMARY KEY, name text, phone text, secret_note text);
CREATE TABLE secrets (id int);
CREATE TABLE keyless (id int);
CREATE TABLE nothing ();
CREATE TABLE "dotted.name" (own int);
CREATE TABLE room (code text PRIMARY KEY, name text UNIQUE, beds int DEFAULT 1);
CREATE TABLE everything (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL DEFAULT 'none', json jsonb,
  jsons jsonb[], texts text[], matrix int[], big bigint, exact numeric, bytes bytea, at timestamptz, day date,
  flag boolean, mood status, score percent, real real, span interval,
  twice int GENERATED ALWAYS AS (score * 2) STORED);
ALTER TABLE everything ADD COLUMN short varchar(5), ADD COLUMN price numeric(6,2);
CREATE SCHEMA other;
CREATE TABLE other.elsewhere (id int);
`;
