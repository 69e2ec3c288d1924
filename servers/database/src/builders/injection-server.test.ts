import { isTrestleError } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { type SeededRandom, seededRandom } from "@trestle/testkit/surroundings";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Case, COLUMNS, makeCase, SCHEMA_TOKEN, TABLE_TOKEN, TOKENS } from "./_cases.ts";
import { hostileNames } from "./_hostile.ts";
import { createTestPostgres, type TestPostgres } from "./_postgres.ts";
import { rename } from "./_rename.ts";
import {
  aggregateRows,
  deleteRows,
  insertRows,
  selectRows,
  updateRows,
  upsertRows,
} from "./run.ts";

/** ROUNDS of so many tables, and of so many calls on each. */
const TABLES = 2;
const CALLS = 50;

const runners: Record<Case["tool"], (target: TestPostgres, input: never) => Promise<unknown>> = {
  select: selectRows,
  aggregate: aggregateRows,
  insert: insertRows,
  upsert: upsertRows,
  update: updateRows,
  delete: deleteRows,
};

/** What no built statement can be refused for: its text, its names, and how many parameters it has. */
const OURS = new Set(["42601", "42P01", "42P02", "42703", "3F000", "08P01", "42702", "42P18"]);

describe.skipIf(!(await hasLocalPostgres()))("on a server, names that break out of quotes", () => {
  const random = seededRandom();
  let target: TestPostgres;
  beforeAll(async () => {
    target = await createTestPostgres();
    await target.script(`CREATE TABLE canary AS SELECT n AS id, md5(n::text) AS name FROM generate_series(1, 50) n;
      CREATE ROLE trestle_canary_${process.pid}`);
  });
  afterAll(async () => {
    await target.script(`DROP ROLE trestle_canary_${process.pid}`);
    await target.close();
  });

  test("reach their own table and nothing else", async () => {
    let answered = 0;
    const tables = TABLES * random.rounds(1);
    for (let round = 0; round < tables; round += 1) {
      const names = nameWith(random);
      await createTable(names);
      const before = await everythingElse(names);
      for (let call = 0; call < CALLS; call += 1) {
        const { tool, args } = makeCase(random);
        const input = rename(args, names) as never;
        const outcome = await runners[tool](target, input).catch((error: unknown) => error);
        if (!(outcome instanceof Error)) answered += 1;
        else checkRefusal(outcome, input);
      }
      expect(await everythingElse(names)).toEqual(before);
      await target.script(`DROP SCHEMA ${pg.escapeIdentifier(names(SCHEMA_TOKEN))} CASCADE`);
    }
    expect(answered).toBeGreaterThan((tables * CALLS) / 3);
  }, 600_000);

  async function createTable(names: (token: string) => string): Promise<void> {
    const [schema, table] = [SCHEMA_TOKEN, TABLE_TOKEN].map((it) => pg.escapeIdentifier(names(it)));
    const columns = COLUMNS.map(({ token, type }, at) =>
      [pg.escapeIdentifier(names(token)), type, at === 0 ? "PRIMARY KEY" : ""].join(" "),
    );
    await target.script(`CREATE SCHEMA ${schema};
      CREATE TABLE ${schema}.${table} (${columns.join(", ")});
      INSERT INTO ${schema}.${table} (${pg.escapeIdentifier(names(COLUMNS[0]?.token ?? ""))})
        SELECT n FROM generate_series(2001, 2020) n`);
  }

  /** The canary's rows, and all that the catalogs know of, down to each table's columns. */
  async function everythingElse(names: (token: string) => string): Promise<unknown> {
    const { rows } = await target.script(`SELECT
      (SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM canary c) AS canary,
      (SELECT md5(string_agg(concat(oid, relname, relkind, relnatts), ',' ORDER BY oid)) FROM pg_class
        WHERE relnamespace NOT IN ('pg_toast'::regnamespace)) AS relations,
      (SELECT count(*) FROM pg_proc) AS functions,
      (SELECT md5(string_agg(concat(rolname, rolsuper), ',' ORDER BY oid)) FROM pg_roles WHERE rolname LIKE '%canary_${process.pid}') AS roles,
      (SELECT md5(string_agg(nspname, ',' ORDER BY oid)) FROM pg_namespace) AS schemas`);
    return [names(TABLE_TOKEN), rows];
  }
});

function checkRefusal(error: Error, input: unknown): void {
  const shown = `${JSON.stringify(input)}\n${error.stack}`;
  expect(isTrestleError(error), shown).toBe(true);
  const { code, details } = error as Error & { code: string; details?: { sqlState?: string } };
  // A column called `*` is to the rules what all columns are, and some of those may not be used.
  const codes = shown.includes('"*"') ? ["denied"] : [];
  expect(["invalid_input", ...codes], shown).toContain(code);
  expect(OURS.has(details?.sqlState ?? ""), shown).toBe(false);
}

function nameWith(random: SeededRandom): (token: string) => string {
  const names = hostileNames(random, TOKENS.length);
  const byToken = new Map(TOKENS.map((token, at) => [token as string, names[at] as string]));
  return (token) => byToken.get(token) ?? token;
}
