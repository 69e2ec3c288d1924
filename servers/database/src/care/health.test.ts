import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLocal, postgresKinds, type TestCatalog } from "../structure/_catalogs.ts";
import type { Catalog } from "../structure/catalog.ts";
import { EVERYTHING, type Visibility } from "../structure/visibility.ts";
import { CHECK_NAMES, checkHealth } from "./health.ts";

const SCRIPT = `
  CREATE TABLE house (id smallserial PRIMARY KEY, name text);
  CREATE TABLE stay (id bigint PRIMARY KEY, house_id smallint, day date, note text);
  INSERT INTO house (name) VALUES ('a');
  INSERT INTO stay SELECT n, 1, date '2026-01-01' + n % 365, repeat('x', 50) FROM generate_series(1, 12000) n;
  ALTER TABLE stay ADD CONSTRAINT stay_house FOREIGN KEY (house_id) REFERENCES house;
  ALTER TABLE stay ADD CONSTRAINT short CHECK (length(note) < 10) NOT VALID;
  CREATE INDEX stay_day ON stay (day);
  CREATE INDEX stay_day_again ON stay (day);
  CREATE INDEX stay_day_note ON stay (day, note);
  CREATE INDEX stay_late ON stay (day) WHERE day > '2026-06-01';
  CREATE INDEX stay_backwards ON stay (day DESC);
  CREATE UNIQUE INDEX stay_id_again ON stay (id);
  SELECT setval('house_id_seq', 32000);
  ANALYZE;
  UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'stay_backwards'::regclass;
`;

const local = await hasLocalPostgres();

describe.each(await postgresKinds())("on %s", (_name, open) => {
  let catalog: TestCatalog;

  beforeAll(async () => {
    catalog = await open();
    await catalog.script(SCRIPT);
  }, 120_000);

  afterAll(() => catalog.close());

  const find = async (check: string, visible = EVERYTHING) => {
    const [finding] = await checkHealth(catalog, { checks: [check], visible });
    return finding;
  };

  test("every check answers", async () => {
    const findings = await checkHealth(catalog);
    expect(findings.map(({ check }) => check)).toEqual(CHECK_NAMES);
    expect(findings.filter(({ status }) => status === "unknown")).toEqual([]);
  });

  test("indexes that another covers are told, and only those", async () => {
    const finding = await find("duplicate_indexes");
    expect(finding?.status).toBe("warning");
    expect(finding?.items.map((item) => item.replace(/, [\d.]+ [kM]?B/, ""))).toEqual([
      "stay_day on public.stay: the beginning of stay_day_note",
      "stay_day_again on public.stay: the same as stay_day",
      "stay_id_again on public.stay: the same as stay_pkey",
    ]);
  });

  test("an index that can not be used, a constraint that is not checked, a key without an index", async () => {
    expect((await find("invalid_indexes"))?.items).toEqual([
      expect.stringMatching(/^stay_backwards on public.stay/),
    ]);
    expect((await find("unvalidated_constraints"))?.items).toEqual(["short on public.stay"]);
    expect((await find("foreign_keys_without_index"))?.items).toEqual([
      "stay_house on public.stay (house_id), ~12000 rows",
    ]);
  });

  test("a sequence near the end of its column is told before inserts fail", async () => {
    expect(await find("sequences")).toMatchObject({
      status: "critical",
      items: ["public.house_id_seq for house.id: 97.7 % (32000 of 32767)"],
    });
  });

  test("what the rules hide is not among what was found", async () => {
    const visible: Visibility = {
      ...EVERYTHING,
      restricted: true,
      table: (_schema, table) => table !== "stay",
      statement: async () => false,
    };
    for (const finding of await checkHealth(catalog, { visible }))
      expect(finding.items.join()).not.toContain("stay");
  });
});

describe.skipIf(!local)("to a role that may see little", () => {
  test("what it can not look at is unknown, and the rest is told", async () => {
    const catalog = await openLocal();
    const role = `trestle_low_${process.pid}`;
    const low = new pg.Pool({ connectionString: catalog.url.replace("postgres@", `${role}@`) });
    try {
      await catalog.script(`CREATE ROLE ${role} LOGIN; CREATE TABLE own (id int)`);
      const findings = await checkHealth({ read: readingThrough(low) });
      const unknown = findings.filter(({ status }) => status === "unknown");
      expect(unknown.map(({ check }) => check)).toEqual(["long_transactions", "locks"]);
      expect(unknown[0]?.advice).toContain("pg_read_all_stats");
    } finally {
      await low.end();
      await catalog.script(`DROP ROLE ${role}`);
      await catalog.close();
    }
  });
});

/** As much of a database as is read with. */
function readingThrough(pool: pg.Pool): Catalog["read"] {
  return async (work) => {
    const client = await pool.connect();
    try {
      await client.query("BEGIN READ ONLY");
      const types = { getTypeParser: () => (text: string) => text } as never;
      const run = (text: string) => client.query({ text, rowMode: "array", types } as never);
      return await work({ run } as never);
    } finally {
      await client.query("ROLLBACK");
      client.release();
    }
  };
}
