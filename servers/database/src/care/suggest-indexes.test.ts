import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLocal, postgresKinds, type TestCatalog } from "../structure/_catalogs.ts";
import { EVERYTHING } from "../structure/visibility.ts";
import { readCondition, readSort } from "./indexes/uses.ts";
import { suggestIndexes } from "./suggest-indexes.ts";

const SCRIPT = `
  CREATE TABLE guest (id int PRIMARY KEY, name text, email text);
  CREATE TABLE stay (id int PRIMARY KEY, guest_id int REFERENCES guest, day date, room text, paid boolean, note text, tags jsonb);
  INSERT INTO guest SELECT n, 'name ' || n, 'g' || n || '@example.org' FROM generate_series(1, 5000) n;
  INSERT INTO stay SELECT n, 1 + n % 5000, date '2020-01-01' + n % 2000, 'room ' || n % 40, n % 7 = 0, repeat('x', 60), '{}'
    FROM generate_series(1, 15000) n;
  CREATE INDEX stay_room ON stay (room);
`;

const local = await hasLocalPostgres();

describe.each(await postgresKinds())("on %s", (_name, open) => {
  let catalog: TestCatalog;

  beforeAll(async () => {
    catalog = await open();
    await catalog.script(SCRIPT);
    await catalog.script("ANALYZE");
  }, 120_000);

  afterAll(() => catalog.close());

  const suggest = (sql: string, params?: unknown[]) =>
    suggestIndexes(catalog, [{ sql, weight: 1, ...(params ? { params } : {}) }]);

  const before = "CREATE INDEX CONCURRENTLY ON public.";

  test.each([
    ["SELECT * FROM stay WHERE guest_id = 7", undefined, "stay (guest_id)"],
    ["SELECT * FROM stay WHERE guest_id = $1", undefined, "stay (guest_id)"],
    ["SELECT * FROM stay WHERE guest_id = $1", [7], "stay (guest_id)"],
    [
      "SELECT * FROM stay s WHERE s.day BETWEEN '2020-03-01' AND '2020-03-02'",
      undefined,
      "stay (day)",
    ],
    ["SELECT * FROM stay ORDER BY day DESC LIMIT 5", undefined, "stay (day DESC)"],
    [
      "SELECT * FROM guest WHERE lower(email) = 'g7@example.org'",
      undefined,
      "guest (lower(email))",
    ],
    [
      "SELECT g.name FROM guest g JOIN stay s ON s.guest_id = g.id WHERE g.id = 5",
      undefined,
      "stay (guest_id)",
    ],
    ["UPDATE stay SET paid = true WHERE guest_id = 3", undefined, "stay (guest_id)"],
    ["DELETE FROM stay WHERE day = '2020-03-01' ;", undefined, "stay (day)"],
  ])("%s wants an index", async (sql, params, wanted) => {
    const { evidence, suggestions, cost } = await suggest(sql, params);
    expect(evidence).toBe("trial");
    expect(suggestions[0]).toMatchObject({ statement: before + wanted, costBefore: cost });
    expect(suggestions[0]?.costAfter).toBeLessThan(cost * 0.7);
  });

  test.each([
    "SELECT * FROM stay",
    "SELECT * FROM stay WHERE id = 7",
    "SELECT count(*) FROM stay WHERE paid",
    "SELECT * FROM stay WHERE room = 'room 3'",
    "SELECT 1",
  ])("%s wants none", async (sql) => {
    expect((await suggest(sql)).suggestions).toEqual([]);
  });

  test("nothing stays of what was tried, and what can not have an index is passed over", async () => {
    await suggest("SELECT * FROM stay WHERE guest_id = 7 AND tags @> '{}' AND tags = '{}'");
    const count = await catalog.read((connection) =>
      connection.run("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'"),
    );
    expect(count.rows).toEqual([["3"]]);
  });

  test("in the mode read-only nothing is tried, and the plan speaks", async () => {
    const reading = { ...catalog, mode: "read-only" } as const;
    const { evidence, suggestions, notes } = await suggestIndexes(reading, [
      { sql: "SELECT * FROM stay WHERE guest_id = 7 AND day > '2025-01-01'", weight: 1 },
    ]);
    expect(evidence).toBe("plan");
    expect(suggestions).toEqual([
      { statement: `${before}stay (guest_id, day)`, reason: "equality, then a range" },
    ]);
    expect(notes).toEqual([expect.stringContaining("hypopg")]);
  });

  test("a column that is hidden is in no suggestion", async () => {
    const visible = { ...EVERYTHING, restricted: true, column: () => false };
    const workload = [{ sql: "SELECT * FROM stay WHERE guest_id = 7", weight: 1 }];
    expect((await suggestIndexes(catalog, workload, { visible })).suggestions).toEqual([]);
  });
});

describe.skipIf(!(await offersHypopg()))("with hypopg, where the server offers it", () => {
  test("the planner is asked, also in the mode read-only, and forgets it all", async () => {
    const catalog = await openLocal();
    try {
      await catalog.script(SCRIPT);
      await catalog.script("CREATE EXTENSION hypopg");
      await catalog.script("ANALYZE");
      const workload = [
        { sql: "SELECT * FROM stay WHERE guest_id = $1", weight: 10 },
        { sql: "SELECT * FROM guest WHERE email = 'x'", weight: 5 },
      ];
      const reading = { ...catalog, mode: "read-only" } as const;
      const { evidence, suggestions } = await suggestIndexes(reading, workload);
      expect(evidence).toBe("hypothetical");
      expect(suggestions.map(({ statement }) => statement)).toEqual([
        "CREATE INDEX CONCURRENTLY ON public.stay (guest_id)",
        "CREATE INDEX CONCURRENTLY ON public.guest (email)",
      ]);
      const left = await catalog.read((connection) =>
        connection.run("SELECT count(*) FROM hypopg_list_indexes"),
      );
      expect(left.rows).toEqual([["0"]]);
    } finally {
      await catalog.close();
    }
  }, 60_000);
});

test.each([
  ["((s.guest_id = 7) AND (s.day >= '2020-01-01'::date))", ["guest_id equal", "day range"]],
  ["((s.room)::text = 'a'::text)", ["room equal"]],
  ["(s.guest_id = ANY ('{1,2}'::integer[]))", ["guest_id equal"]],
  ["(g.id = s.guest_id)", ["id join", "guest_id join"]],
  ["(s.name ~~ 'abc%'::text)", ["name pattern"]],
  ["(s.name ~~* '%abc%'::text)", ["name text"]],
  ["(s.tags @> '{}'::jsonb)", ["tags gin"]],
  ["((NOT (hashed SubPlan 1)) AND (s.a = 1))", ["a equal"]],
  ["(s.a = (InitPlan 1).col1)", ["a equal"]],
  ["(s.a IS NULL)", ["a equal"]],
  ["(s.a <> 5)", []],
  ["something ( that is not SQL", []],
])("the condition %s is understood", async (condition, uses) => {
  const found = await readCondition(condition);
  expect(found.map(({ column, kind }) => `${column} ${kind}`)).toEqual(uses);
});

test("an order is understood where it is of one table", async () => {
  expect(await readSort("s.day DESC, s.id")).toEqual({
    alias: "s",
    keys: [
      { key: '"day"', column: "day", descending: true },
      { key: '"id"', column: "id", descending: false },
    ],
  });
  expect(await readSort("s.day, g.id")).toBeUndefined();
  expect(await readSort("(count(*))")).toBeUndefined();
});

async function offersHypopg(): Promise<boolean> {
  if (!local) return false;
  const catalog = await openLocal();
  try {
    const { rows } = await catalog.read((connection) =>
      connection.run("SELECT 1 FROM pg_available_extensions WHERE name = 'hypopg'"),
    );
    return rows.length === 1;
  } finally {
    await catalog.close();
  }
}
