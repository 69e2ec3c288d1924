import { describe, expect, test } from "vitest";
import type { Catalog } from "./catalog.ts";
import { checkRules } from "./check-rules.ts";
import { createGuard, type GuardRules } from "./guard.ts";

const refused = (message: RegExp) => ({ code: "denied", message: expect.stringMatching(message) });
const catalog: Catalog = {
  searchPath: ["public"],
  relations: ["users id name ssn pin", "orders id note"].map((text, oid) => {
    const [name = "", ...columns] = text.split(" ");
    const numbered = columns.map((column, at) => ({ number: at + 1, name: column }));
    return relation({ oid, name, columns: numbered });
  }),
};

function relation(facts: Partial<Catalog["relations"][number]> & { oid: number; name: string }) {
  const none = { isView: false, columns: [], ancestors: [], uses: [] };
  return { schema: "public", ...none, ...facts };
}

function open(rules: Partial<GuardRules>) {
  const guard = createGuard({ mode: "admin", ...rules });
  return (sql: string) => guard.check(sql, { catalog: async () => catalog, masks: true });
}

describe("what lists guard, from who may do everything", () => {
  const check = open({
    denySchemas: ["private"],
    denyTables: ["hidden"],
    denyColumns: ["users.pin"],
    maskColumns: ["users.ssn"],
  });

  test.each([
    "UPDATE users SET ssn = 'x' WHERE id = 1 RETURNING id, ssn",
    "INSERT INTO users DEFAULT VALUES",
    "INSERT INTO users (id, ssn) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
    "MERGE INTO users u USING orders o ON u.id = o.id WHEN MATCHED THEN UPDATE SET ssn = 'x' WHEN NOT MATCHED THEN INSERT (id) VALUES (o.id)",
    "INSERT INTO orders SELECT id, name FROM users",
    "CREATE VIEW public.names AS SELECT id, name FROM users",
    "CREATE INDEX ON orders (note)",
    "DROP TABLE orders",
    "DROP INDEX public.orders_note",
    "ALTER TABLE orders RENAME note TO text",
    "SELECT ssn FROM users ORDER BY 0",
  ])("lets pass what neither shows nor changes it: %s", async (sql) => {
    await expect(check(sql)).resolves.toBeDefined();
  });

  const insert = "INSERT INTO users (id) VALUES (1) ON CONFLICT";
  const merge = "MERGE INTO users u USING orders o ON u.id = o.id";
  test.each<[string, RegExp]>([
    ["UPDATE users SET pin = 'x' WHERE id = 1", /column pin/],
    ["UPDATE users SET (id, pin) = (SELECT 1, 'x')", /column pin/],
    ["UPDATE users SET name = upper(ssn)", /masked/],
    ["UPDATE orders SET note = ssn FROM users u", /masked/],
    ["INSERT INTO users (id, pin) VALUES (1, 'x')", /column pin/],
    ["INSERT INTO users VALUES (1, 'a', 'b', 'c')", /\* stands for/],
    ["INSERT INTO users TABLE orders", /\* stands for/],
    [`${insert} (pin) DO NOTHING`, /column pin/],
    [`${insert} (ssn) DO NOTHING`, /masked/],
    [`${insert} (lower(ssn)) DO NOTHING`, /masked/],
    [`${insert} (id) DO UPDATE SET pin = ''`, /column pin/],
    [`${insert} (id) DO UPDATE SET name = excluded.pin`, /column pin/],
    ["DELETE FROM users WHERE id = 1 RETURNING *", /\* stands for/],
    ["DELETE FROM users WHERE id = 1 RETURNING upper(ssn)", /masked/],
    ["UPDATE users SET id = 1 RETURNING WITH (OLD AS o) o.name, o", /whole row/],
    ["WITH d AS (DELETE FROM users RETURNING ssn) SELECT ssn FROM d", /masked/],
    [`${merge} WHEN NOT MATCHED THEN INSERT VALUES (1, 'a', 'b', 'c')`, /\* stands for/],
    [`${merge} WHEN MATCHED THEN UPDATE SET pin = ''`, /column pin/],
    [`${merge} WHEN MATCHED AND u.pin = '' THEN DELETE`, /column pin/],
    ["CREATE TABLE public.copy AS SELECT ssn FROM users", /masked/],
    ["SELECT ssn INTO public.copy FROM users", /masked/],
    ["CREATE VIEW public.v AS SELECT pin FROM users", /column pin/],
    ["CREATE TABLE public.copy (LIKE users)", /could get around it/],
    ["CREATE TABLE public.part () INHERITS (users)", /could get around it/],
    ["CREATE TABLE public.t (id int REFERENCES users)", /could get around it/],
    ["CREATE INDEX ON users (lower(pin))", /could get around it/],
    ["ALTER TABLE users RENAME pin TO open", /could get around it/],
    ["TRUNCATE users", /could get around it/],
    ["DROP TABLE users", /users has columns that are guarded, and would be dropped/],
    ["DROP TABLE orders, hidden", /table hidden/],
    ["DROP VIEW private.names", /schema private/],
    ["DROP SCHEMA private CASCADE", /DROP could reach/],
    ["ALTER SCHEMA private RENAME TO open", /RENAME could make other names/],
    ["SELECT set_config('search_path', 'private', false)", /set_config could make other names/],
    ["SET search_path = private", /what VARIABLE SET reaches can not be compared/],
    ["GRANT SELECT ON users TO PUBLIC", /what GRANT reaches/],
    ["DO $$ BEGIN END $$", /what DO reaches/],
    ["CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT pin FROM users'", /CREATE FUNCTION/],
  ])("refuses %s", async (sql, message) => {
    await expect(check(sql)).rejects.toMatchObject(refused(message));
  });

  test("a whole row is refused where nobody knows the columns", async () => {
    const blind = createGuard({ mode: "admin", maskColumns: ["users.ssn"] });
    await expect(blind.check("SELECT u FROM users u")).rejects.toMatchObject(refused(/whole row/));
    await expect(blind.check("SELECT * FROM users")).rejects.toMatchObject(refused(/masked/));
  });

  test("a statement too deep to be looked through is refused as such", async () => {
    const deep = `SELECT ${"NOT ".repeat(6_000)}true`;
    await expect(check(deep)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("nested too deeply"),
    });
  });
});

test("where only columns are masked, all of them are shown by a star", async () => {
  const check = open({ maskColumns: ["users.ssn"] });
  await expect(check("SELECT * FROM users")).resolves.toBeDefined();
  await expect(check("INSERT INTO users VALUES (1, 'a', 'b', 'c')")).resolves.toBeDefined();
  await expect(check("SELECT name FROM (SELECT * FROM users) u")).rejects.toMatchObject(
    refused(/masked/),
  );
});

test("of tables that are allowed, those and no others are used", async () => {
  const check = open({ allowTables: ["orders", "*.log_*"] });
  await expect(check("SELECT * FROM orders JOIN log_2026 USING (id)")).resolves.toBeDefined();
  await expect(check("SELECT * FROM users")).rejects.toMatchObject(
    refused(/users is not among those.*DATABASE_ALLOW_TABLES/),
  );
  await expect(check("SELECT * FROM unknown")).rejects.toMatchObject(refused(/Write schema/));
  const inSchema = open({ allowTables: ["public.orders"] });
  await expect(inSchema("DROP TABLE orders")).resolves.toBeDefined();
  await expect(inSchema("DROP TABLE other.orders")).rejects.toMatchObject(refused(/not among/));
  await expect(inSchema("SELECT * FROM elsewhere")).rejects.toMatchObject(refused(/Write schema/));
});

test.each<[Partial<GuardRules>, RegExp]>([
  [{ denySchemas: ["a.b"] }, /DATABASE_DENY_SCHEMAS: "a.b" is not the name of a schema/],
  [{ allowTables: ["a.b.c"] }, /"a.b.c" does not name tables/],
  [{ denyColumns: ["pin"] }, /"pin" does not name columns/],
  [{ denyTables: [""] }, /"" does not name tables/],
  [{ denyTables: ["users."] }, /"users." does not name tables/],
  [{ denyTables: ["users; x"] }, /does not name tables/],
  [{ maskColumns: ['"users.pin'] }, /does not name columns/],
])("an entry that guards nothing is no rule: %j", (rules, message) => {
  const wrong = { code: "invalid_config", message: expect.stringMatching(message) };
  expect(() => createGuard({ mode: "admin", ...rules })).toThrow(expect.objectContaining(wrong));
});

describe("what an operator should look at", () => {
  const [users] = catalog.relations;
  const views = [
    relation({ oid: 7, name: "names", isView: true, uses: [{ oid: users?.oid ?? 0, number: 4 }] }),
    relation({ oid: 8, name: "shown", isView: true, uses: [{ oid: 7, number: 1 }] }),
  ];
  const problemsOf = (rules: Partial<GuardRules>) =>
    checkRules(
      { mode: "admin", ...rules },
      { ...catalog, relations: [...catalog.relations, ...views] },
    ).map(({ entry, problem }) => `${entry}: ${problem}`);

  test("is each view that shows what is guarded, through others too, and is not guarded itself", () => {
    const shows = (view: string) => `users.pin: The view public.${view} shows it`;
    expect(problemsOf({ denyColumns: ["users.pin"] })).toEqual([
      expect.stringContaining(shows("names")),
      expect.stringContaining(shows("shown")),
    ]);
    expect(problemsOf({ denyColumns: ["users.pin"], denyTables: ["names"] })).toEqual([
      expect.stringContaining("names: The view public.shown shows it"),
      expect.stringContaining(shows("shown")),
    ]);
  });

  test("is no view over what is allowed, and a name that is like none is said without a guess", () => {
    expect(problemsOf({ allowTables: ["users"], allowSchemas: ["public"] })).toEqual([]);
    expect(problemsOf({ denyTables: ["zzzzzzzz"], denySchemas: ["qqqqqqqq"] })).toEqual([
      "qqqqqqqq: It names nothing that is there.",
      "zzzzzzzz: It names nothing that is there.",
    ]);
  });
});
