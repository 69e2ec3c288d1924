import { isTrestleError, type JsonObject, type JsonValue } from "@trestle/protocol";
import { fc, fuzz, readFindings } from "@trestle/testkit/fuzz";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestEmbedded, createTestPostgres } from "../../src/builders/_postgres.ts";
import type { OrderItem } from "../../src/builders/order.ts";
import { insertRows, selectRows } from "../../src/builders/run.ts";

interface Finding {
  /** What went wrong with it, or might. */
  readonly why: string;
  readonly orderBy?: readonly OrderItem[];
  /** The value of each column of the last row, as a caller may write it into a cursor. */
  readonly values?: readonly JsonValue[];
  /** Of the one value: so many lists, each in the other. */
  readonly levels?: number;
  /** A cursor as it stands. */
  readonly cursor?: string;
}

const findings = readFindings<Finding>(new URL("cursors/", import.meta.url));

/** Values of each kind of column that rows can be put in order by, the odd ones above all. */
const VALUES: Readonly<Record<string, readonly JsonValue[]>> = {
  whole: [0, -1, 2147483647, -2147483648, null],
  big: ["9223372036854775807", "-9223372036854775808", 0, "9007199254740993", null],
  exact: ["0", "0.10000000000000000001", "NaN", "Infinity", "-Infinity", "-0.0", "1e30", null],
  double: [0, -0, 0.1, 5e-324, 1.7976931348623157e308, "NaN", "Infinity", "-Infinity", null],
  single: [0.1, 16777217, 1e-45, 3.4028235e38, "NaN", "-Infinity", null],
  text: ["", " ", "a", "A", "ä", "a\u0301", "\u{1f600}", "\\", "'", '"', "null", "%_", null],
  odd: ["a", "a ", "A", "é", "e\u0301", "", "-a", "a-b", "ab", null],
  fixed: ["", "a", "a    ", "b", null],
  flag: [true, false, null],
  moment: ["infinity", "-infinity", "2026-01-01T00:00:00.000001Z", "0044-03-15 BC", null],
  local: ["infinity", "2026-01-01 00:00:00.000001", "4713-01-01 00:00:00 BC", null],
  day: ["infinity", "-infinity", "2026-02-28", "0001-01-01 BC", "5874897-12-31", null],
  time: ["24:00:00", "00:00:00", "12:00:00.000001", null],
  zoned: ["12:00:00+01", "11:00:00Z", "10:00:00-01", null],
  span: ["1 mon", "30 days", "720:00:00", "-1 day", "00:00:00", "1 day -24:00:00", null],
  bytes: ["", "AA==", "AP8=", "/w==", null],
  token: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", null],
  mood: ["sad", "glad", "a'b", null],
  address: ["10.0.0.0/8", "10.0.0.1", "::1", "10.0.0.1/32", null],
  bits: ["", "0", "1", "01", null],
  spread: ["empty", "(,)", "[1,2)", "(,1)", null],
  cash: ["1.00", "-1.00", "0", null],
};
const COLUMNS = Object.keys(VALUES);

const SCHEMA = `
  CREATE TYPE mood AS ENUM ('sad', 'glad', 'a''b');
  CREATE TABLE odd (id int PRIMARY KEY, whole int, big bigint, exact numeric, double float8, single real,
    text text, odd text COLLATE "und-x-icu", fixed char(5), flag boolean, moment timestamptz, local timestamp, day date,
    time time, zoned timetz, span interval, bytes bytea, token uuid, mood mood, address inet,
    bits varbit, spread int4range, cash money);
`;

const row = fc.record(
  Object.fromEntries(COLUMNS.map((name) => [name, fc.constantFrom(...(VALUES[name] ?? []))])),
);
const order = fc.record(
  {
    column: fc.constantFrom(...COLUMNS),
    direction: fc.constantFrom("asc", "desc"),
    nulls: fc.constantFrom("first", "last"),
  },
  { requiredKeys: ["column"] },
);
const orders = fc.array(order, { maxLength: 3 });

const openers = (await hasLocalPostgres())
  ? { "a server": createTestPostgres, "the embedded Postgres": createTestEmbedded }
  : { "the embedded Postgres": createTestEmbedded };

describe.each(Object.entries(openers))("cursors of rows on %s", (_name, open) => {
  let target: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    target = await open();
    await target.script(SCHEMA);
  });
  afterAll(() => target?.close());

  test("lead through every row once, in the order of the whole", async () => {
    const pages = fc.tuple(fc.array(row, { maxLength: 7 }), orders, fc.integer({ min: 1, max: 4 }));
    await fuzz(pages, { corpus: [], runs: 8 }, async ([rows, orderBy, limit]) => {
      await target.script("TRUNCATE odd");
      const given = rows.map((each, id) => ({ id, ...each }) as JsonObject);
      if (given.length > 0) await insertRows(target, { table: "odd", rows: given });
      const whole = await selectRows(target, { table: "odd", orderBy });
      expect(await walk({ orderBy, limit })).toEqual(whole.rows.map(({ id }) => id));
    });
  });

  async function walk(asked: { orderBy: readonly OrderItem[]; limit: number }) {
    const ids: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await selectRows(target, { table: "odd", columns: ["id"], ...asked, cursor });
      ids.push(...page.rows.map(({ id }) => id));
      cursor = page.nextCursor;
      expect(ids.length).toBeLessThan(20);
    } while (cursor !== undefined);
    return ids;
  }

  test("that somebody else wrote are taken, or refused in words", async () => {
    await target.script("TRUNCATE odd");
    await insertRows(target, { table: "odd", rows: [{ id: 1 }, { id: 2 }, { id: 3 }] });
    const value = fc.oneof(
      fc.constantFrom(...Object.values(VALUES).flat()),
      fc.jsonValue({ stringUnit: "binary" }) as fc.Arbitrary<JsonValue>,
    );
    const forged: fc.Arbitrary<Forged> = fc.oneof(
      fc.record({ orderBy: orders, values: fc.array(value, { maxLength: 4 }) }),
      fc.record({ cursor: fc.oneof(fc.string({ unit: "binary" }), fc.base64String(), fc.json()) }),
    );
    await fuzz<Forged>(
      forged,
      { corpus: findings, runs: 20 },
      async ({ orderBy = [], ...given }) => {
        const cursor = given.cursor ?? (await forge(orderBy, textOf(given)));
        try {
          const page = await selectRows(target, { table: "odd", orderBy, cursor });
          expect(page.rows.length).toBeLessThanOrEqual(3);
        } catch (error) {
          if (!isTrestleError(error)) throw error;
          expect([cursor, error.code]).toEqual([cursor, "invalid_input"]);
        }
      },
    );
  });

  /** A cursor of that order with values of ours: the order's own mark, and what stands behind it. */
  async function forge(orderBy: readonly OrderItem[], values: string) {
    const { nextCursor = "" } = await selectRows(target, { table: "odd", orderBy, limit: 1 });
    const [mark] = JSON.parse(Buffer.from(nextCursor, "base64url").toString()) as [string];
    return Buffer.from(`[${JSON.stringify(mark)},${values}]`).toString("base64url");
  }
});

type Forged = Omit<Finding, "why">;

function textOf({ values = [], levels }: Forged): string {
  return levels === undefined ? JSON.stringify(values) : "[".repeat(levels) + "]".repeat(levels);
}
