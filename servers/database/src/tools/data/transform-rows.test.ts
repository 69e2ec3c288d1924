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
}

const STAYS = [
  { id: 1, arrival: "2026-06-01", departure: "2026-06-03", amount: "100.10", status: "paid" },
  { id: 2, arrival: "2026-06-02", departure: "2026-06-05", amount: "0.20", status: "open" },
];

function openServer(settings: Record<string, string>) {
  const host = createStandaloneHost({
    dataDir: temporaryFolder(),
    clock: systemClock,
    log: silentLogger,
  });
  const instance = server.mount(host, settings);
  onTestFinished(() => instance.close());
  return async (args: JsonObject) => {
    const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
    const context = { principal: LOCAL_PRINCIPAL, signal: new AbortController().signal, client };
    const params = { name: "transform_rows", arguments: args };
    return (await instance.request("tools/call", params, context)) as unknown as Result;
  };
}

describe("rows of the call", () => {
  // Nothing is asked of a database, so that none needs to be there.
  const open = () => openServer({ DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" });

  test("are mapped, and what can not be read is told row by row", async () => {
    const call = open();
    const { structuredContent, content } = await call({
      transformer: "map",
      options: { fields: { id: "integer", total: { type: "decimal", column: "amount" } } },
      rows: [...STAYS, { id: "x" }],
    });
    expect(structuredContent).toEqual({
      rows: [
        { id: 1, total: "100.10" },
        { id: 2, total: "0.20" },
      ],
      rowCount: 2,
      truncated: false,
      sourceRows: 3,
      failedRows: 1,
      errors: [{ index: 2, message: 'id: "x" is no whole number.' }],
    });
    expect(content[0]?.text).toMatch(/1 of 3 rows could not be read and are left out/);
  });

  test.for<[JsonObject, JsonObject]>([
    [{ transformer: "camel_keys", rows: [{ a_b: 1 }] }, { rows: [{ aB: 1 }] }],
    [
      { transformer: "snake_keys", options: { deep: true }, rows: [{ aB: { cD: 1 } }] },
      { rows: [{ a_b: { c_d: 1 } }] },
    ],
    [
      { transformer: "reservation_rows", rows: [STAYS[0] as JsonObject] },
      { rows: [{ id: "1", check_in: "2026-06-01", total_amount: "100.10", status: "confirmed" }] },
    ],
    [
      { transformer: "property", rows: [{ id: 1, name: "Sea" }] },
      { rows: [{ id: "1", units: 1 }] },
    ],
    [{ transformer: "summary", rows: STAYS }, { rows: [{ nights: 5, revenue: { "": "100.30" } }] }],
    [
      { transformer: "calendar_events", rows: STAYS, limit: 1 },
      { rows: [{ uid: "1@reservations.local" }], truncated: true, nextOffset: 1 },
    ],
    [
      {
        transformer: "occupancy",
        options: { from: "2026-06-01", to: "2026-07-01", period: "month" },
        rows: STAYS,
      },
      { rows: [{ start: "2026-06-01", occupied: 5, overbooked: 1, rate: "0.1333" }] },
    ],
    [
      {
        transformer: "aggregate",
        options: { by: ["status"], figures: [{ function: "avg", field: "amount" }] },
        rows: STAYS,
      },
      { rows: [{ status: "paid", avg_amount: "100.10" }, { status: "open" }] },
    ],
    [
      { transformer: "icalendar", rows: STAYS },
      { text: expect.stringContaining("DTSTART;VALUE=DATE:20260602"), rows: [] } as never,
    ],
  ])("%j", async ([args, expected]) => {
    const call = open();
    const result = await call(args);
    expect(result.structuredContent, result.content[0]?.text).toMatchObject(expected);
  });

  test.for<[JsonObject, string]>([
    [{ transformer: "summary" }, "Give one of rows, table and sql."],
    [{ transformer: "summary", rows: [], table: "x" }, "Give one of rows, table and sql."],
    [{ transformer: "summary", rows: [], where: { id: 1 } }, "where: is for a table"],
    [{ transformer: "summary", rows: [], options: { by: 1 } }, "The options of summary are not"],
    [
      { transformer: "occupancy", rows: [], options: { from: "x", to: "y" } },
      'from: "x" is no day',
    ],
    [{ transformer: "sumary", rows: [] }, "transformer"],
  ])("%j is refused with a word", async ([args, message]) => {
    const call = open();
    const result = await call(args);
    expect(result.isError).toBe(true);
    expect(result.content[0]?.text).toContain(message);
  });
});

describe.skipIf(!(await hasLocalPostgres()))("rows of the database", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await createTestPostgres();
    await postgres.script(`CREATE TABLE stay (id int PRIMARY KEY, check_in date, check_out date, total_amount numeric(10,2), status text);
      INSERT INTO stay SELECT n, date '2026-06-01' + n, date '2026-06-03' + n, 10.10, 'confirmed' FROM generate_series(0, 9) n`);
  });
  afterAll(() => postgres.close());

  test("come from a table or a statement, all of them or none", async () => {
    const call = openServer({ DATABASE_URL: postgres.url, DATABASE_MAX_ROWS: "2" });
    const ofTable = await call({
      transformer: "summary",
      table: "stay",
      where: { id: { lt: 5 } },
    });
    expect(ofTable.structuredContent).toMatchObject({
      rows: [{ nights: 10, revenue: { "": "50.50" }, lastCheckOut: "2026-06-07" }],
      sourceRows: 5,
    });
    const sql = "SELECT * FROM stay WHERE id < $1 ORDER BY id";
    const ofStatement = await call({ transformer: "reservation", sql, params: [3] });
    expect(ofStatement.structuredContent).toMatchObject({
      rows: [{ id: "0", checkIn: "2026-06-01" }, { id: "1" }],
      truncated: true,
      nextOffset: 2,
    });
    const many = await call({
      transformer: "camel_keys",
      sql: "SELECT n FROM generate_series(1, 10001) n",
    });
    expect(many.content[0]?.text).toContain("more than 10000 rows");
  });

  test("are read only", async () => {
    const call = openServer({ DATABASE_URL: postgres.url, DATABASE_MODE: "admin" });
    const refused = await call({ transformer: "camel_keys", sql: "DELETE FROM stay RETURNING *" });
    expect(refused.isError).toBe(true);
    expect((await postgres.script("SELECT count(*)::int AS n FROM stay")).rows).toEqual([
      { n: 10 },
    ]);
  });
});
