import { describe, expect, test } from "vitest";
import type { Mode } from "../postgres/database.ts";
import { createGuard, type GuardRules } from "./guard.ts";

const guard = (mode: Mode, rules: Partial<GuardRules> = {}) => createGuard({ ...rules, mode });
const refused = (message: RegExp) => ({ code: "denied", message: expect.stringMatching(message) });

describe("what a mode allows", () => {
  const levels: Readonly<Record<string, readonly string[]>> = {
    "read-only": [
      "SELECT 1",
      "TABLE t",
      "SHOW work_mem",
      "EXPLAIN DELETE FROM t",
      "EXPLAIN (ANALYZE off) INSERT INTO t VALUES (1)",
      "EXPLAIN WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
      "SELECT * FROM crosstab('SELECT a, b, c FROM t') AS c(a int, b int)",
      "SELECT * FROM crosstab('SELECT a, b, c FROM t'::text) AS c(a int, b int)",
      "SELECT ts_rewrite('a'::tsquery, 'a'::tsquery, 'b'::tsquery)",
      "SELECT lo_revenue, l.lo_orderdate FROM lineorder l",
    ],
    "read-write": [
      "INSERT INTO t VALUES (1)",
      "UPDATE t SET a = 1 WHERE b = 2",
      "DELETE FROM t WHERE b = 2",
      "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE",
      "WITH d AS (DELETE FROM t WHERE a = 1 RETURNING *) SELECT * FROM d",
      "SELECT * FROM t FOR UPDATE SKIP LOCKED",
      "EXPLAIN ANALYZE DELETE FROM t",
      "EXPLAIN (ANALYZE '') DELETE FROM t",
      "SELECT nextval('s')",
      "SELECT pg_advisory_xact_lock(1)",
      "SELECT lo_create(0)",
    ],
    admin: [
      "CREATE TABLE t (a int)",
      "ALTER TABLE t ADD b int",
      "DROP TABLE t",
      "TRUNCATE t",
      "SELECT * INTO u FROM t",
      "SET work_mem = '1MB'",
      "SET client_encoding = 'UTF8'",
      "SET standard_conforming_strings = on",
      "SET constructor = on",
      "RESET ALL",
      "DO $$ BEGIN END $$",
      "CALL p()",
      "GRANT SELECT ON t TO r",
      "VACUUM t",
      "LOCK TABLE t",
      "NOTIFY c",
      "SELECT pg_notify('c', '')",
      "SELECT set_config('a.b', 'c', false)",
      "SELECT pg_terminate_backend(1)",
      "SELECT dblink_exec('', '')",
      "SELECT query_to_xml('SELECT 1', true, true, '')",
      "SELECT * FROM crosstab('SELECT a, b, c FROM t'::varchar) AS c(a int, b int)",
      "UPDATE pg_settings SET setting = '1' WHERE name = 'work_mem'",
      "DELETE FROM pg_catalog.pg_class WHERE oid = 1",
      "EXPLAIN CREATE TABLE u AS SELECT 1",
    ],
    never: [
      "COMMIT",
      "SET TRANSACTION READ WRITE",
      "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
      "SET client_encoding = 'LATIN1'",
      "SET NAMES 'SJIS'",
      "RESET client_encoding",
      "SET LOCAL Standard_Conforming_Strings = off",
      "COPY t TO STDOUT",
      "COPY t TO PROGRAM 'cat'",
      "COPY t FROM '/tmp/x'",
      "PREPARE p AS SELECT 1",
      "EXECUTE p",
      "DECLARE c CURSOR FOR SELECT 1",
      "FETCH c",
      "LISTEN c",
      "DISCARD ALL",
      "SELECT pg_read_file('x')",
      "SELECT lo_import('/etc/passwd')",
      "SELECT rolpassword FROM pg_authid",
      "CREATE VIEW v AS SELECT * FROM pg_shadow",
      "SHOW primary_conninfo",
      "SELECT current_setting('app.jwt_secret')",
      "SELECT 1; SELECT 2",
    ],
  };
  const order: readonly Mode[] = ["read-only", "read-write", "admin"];

  for (const [level, statements] of Object.entries(levels))
    test.each(statements)(`${level}: %s`, async (sql) => {
      const first = level === "never" ? order.length : order.indexOf(level as Mode);
      for (const [at, mode] of order.entries()) {
        const check = guard(mode).check(sql);
        if (at >= first) await expect(check).resolves.toBeDefined();
        else await expect(check).rejects.toMatchObject({ code: "denied" });
      }
    });
});

describe("a refusal says what would allow the statement", () => {
  test.each<[Mode, string, RegExp]>([
    ["read-only", "DELETE FROM t", /DELETE writes rows.*is read-only.*DATABASE_MODE=read-write/],
    [
      "read-only",
      "DROP TABLE t",
      /DROP is not a read.*DATABASE_MODE=admin.*SELECT.*EXPLAIN or SHOW/,
    ],
    ["read-write", "DROP TABLE t", /is read-write; the setting DATABASE_MODE=admin/],
    ["admin", "COMMIT", /run_transaction\. No setting/],
    ["admin", "COPY t TO STDOUT", /export_rows/],
    ["read-only", "SELECT 1; SELECT 2", /more than one.*run_transaction/],
  ])("%s: %s", async (mode, sql, message) => {
    await expect(guard(mode).check(sql)).rejects.toMatchObject(refused(message));
  });

  test.each([
    ["", /given as text: There is no statement/],
    ["SELECT FROM WHERE", /given as text: .*syntax error/],
    ["SHOW work_mem", /given as text has to be a SELECT/],
    ["DELETE FROM t", /DELETE writes rows, and this call only reads/],
  ])("SQL in a text is read as well: %s", async (sql, message) => {
    await expect(guard("admin").check(`SELECT * FROM ts_stat('${sql}')`)).rejects.toMatchObject(
      refused(message),
    );
  });

  test("a call that only reads refuses writes in every mode", async () => {
    await expect(guard("admin").checkRead("DELETE FROM t")).rejects.toMatchObject(
      refused(/this call only reads/),
    );
  });

  test.each([
    ["SELECT FROM WHERE", /syntax error.*at character/],
    ["", /no statement/],
    ["-- nothing", /no statement/],
    ["SELECT '\0'", /character that no text may hold/],
    ["SELECT '\ud800'", /character that no text may hold/],
    [`SELECT '${"x".repeat(1_000_001)}'`, /longer than/],
    [`SELECT ${"(".repeat(50_000)}1${")".repeat(50_000)}`, /./],
  ])("%.30s is no statement", async (sql, message) => {
    await expect(guard("admin").check(sql)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(message),
    });
    await expect(guard("admin").check("SELECT 1")).resolves.toBeDefined();
  });
});

test("a long chain of operators is read", async () => {
  const chain = `SELECT ${Array(2_000).fill("1").join(" + ")}`;
  await expect(guard("read-only").check(chain)).resolves.toMatchObject({ kind: "rows" });
});

test("says how to run a statement", async () => {
  const kinds: readonly [string, string][] = [
    ["SELECT 1", "rows"],
    ["SHOW ALL", "report"],
    ["EXPLAIN DELETE FROM t", "report"],
    ["EXPLAIN ANALYZE SELECT 1", "report"],
    ["EXPLAIN ANALYZE DELETE FROM t", "write"],
    ["SELECT * FROM t FOR UPDATE", "write"],
    ["SELECT nextval('s')", "write"],
    ["INSERT INTO t VALUES (1)", "write"],
    ["SELECT * INTO u FROM t", "change"],
    ["CREATE TABLE t (a int)", "change"],
    ["SET work_mem = '1MB'", "change"],
  ];
  for (const [sql, kind] of kinds)
    expect([sql, (await guard("admin").check(sql)).kind]).toEqual([sql, kind]);
});

test("says which statements destroy", async () => {
  const destructive = [
    "DROP TABLE t",
    "DROP SCHEMA s CASCADE",
    "DROP DATABASE d",
    "DROP ROLE r",
    "DROP OWNED BY r",
    "TRUNCATE t",
    "ALTER TABLE t DROP COLUMN a",
    "ALTER TABLE t ADD b int, ALTER COLUMN a TYPE int",
    "UPDATE t SET a = 1",
    "UPDATE t SET a = 1 WHERE true",
    "DELETE FROM t",
    "DELETE FROM t WHERE 1 = 1",
    "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
    "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE",
    "MERGE INTO t USING s ON t.a = s.a WHEN NOT MATCHED BY SOURCE THEN DELETE",
    "EXPLAIN ANALYZE DELETE FROM t",
    "DO $$ BEGIN END $$",
  ];
  const gentle = [
    "UPDATE t SET a = 1 WHERE b = 2",
    "DELETE FROM t WHERE b IS NULL",
    "EXPLAIN DELETE FROM t",
    "INSERT INTO t VALUES (1)",
    "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = 1",
    "ALTER TABLE t ADD b int",
    "CREATE TABLE t (a int)",
    "SELECT 'DROP TABLE t'",
  ];
  for (const sql of destructive)
    expect([sql, (await guard("admin").check(sql)).destructive]).toEqual([sql, true]);
  for (const sql of gentle)
    expect([sql, (await guard("admin").check(sql)).destructive]).toEqual([sql, false]);
});

describe("a strict guard", () => {
  const strict = guard("read-only", { strict: true });

  test.each([
    "SELECT my_own_function(1)",
    "SELECT public.lower('A')",
    "SELECT pg_sleep(1)",
    "SELECT similarity('a', 'b')",
    "SELECT 1 OPERATOR(public.+) 2",
    "SELECT (t).f FROM t",
    "SELECT * FROM t TABLESAMPLE system_rows(1)",
  ])("refuses what it does not know: %s", async (sql) => {
    await expect(strict.check(sql)).rejects.toMatchObject(refused(/strict.*DATABASE_STRICT=false/));
  });

  test.each([
    "SELECT count(*), sum(a) FILTER (WHERE b > 1), percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t",
    "SELECT row_number() OVER w, lag(a) OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY a)",
    "SELECT jsonb_path_query(a, '$.b'), a->>'c', jsonb_set(a, '{b}', '1') FROM t",
    "SELECT date_trunc('day', now()), extract(year FROM d), a[1], CASE WHEN true THEN 1 END FROM t",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
    "SELECT * FROM t JOIN u USING (id), LATERAL generate_series(1, t.n) g",
    "SELECT btrim(a) || 'x', a ILIKE '%y', starts_with(a, 'z'), substring(a FROM 1 FOR 2) FROM t",
    "EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM t WHERE a = ANY ($1)",
    "SELECT json_object('a': 1), JSON_ARRAY(1, 2), xmlelement(name a, b) FROM t",
  ])("lets pass what it knows: %s", async (sql) => {
    await expect(strict.check(sql)).resolves.toBeDefined();
  });

  test("lets an administrator change the structure, and looks into what is only planned", async () => {
    const admin = guard("admin", { strict: true });
    await expect(admin.check("CREATE TABLE t (a int)")).resolves.toMatchObject({ kind: "change" });
    await expect(admin.check("EXPLAIN CREATE TABLE u AS SELECT 1")).rejects.toMatchObject(
      refused(/CREATE TABLE AS is not known/),
    );
  });
});
