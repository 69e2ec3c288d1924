import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Driver } from "../../src/drivers/driver.ts";
import { createGuard } from "../../src/guard/guard.ts";
import { createDatabase } from "../../src/postgres/create-database.ts";
import type { Database } from "../../src/postgres/database.ts";

export interface DriverUnderTest {
  /** A driver with so many connections. */
  open(maxConnections: number): Driver;
  /** Breaks every connection of the drivers off, as a restart of the server does. */
  breakConnections?(): Promise<void>;
  close(): Promise<void>;
}

const ENDLESS = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b";

/** What every driver promises, seen through the database that stands on it. */
export function describeDriver(name: string, start: () => Promise<DriverUnderTest>): void {
  describe(name, () => {
    let subject: DriverUnderTest;
    let driver: Driver;
    let database: Database;

    beforeAll(async () => {
      subject = await start();
      driver = subject.open(2);
      database = createDatabase({ driver, guard: createGuard({ mode: "admin" }) });
      await database.execute("CREATE TABLE item (id int PRIMARY KEY, note text)");
      await database.execute(
        "INSERT INTO item SELECT n, 'note ' || n FROM generate_series(1, 50) n",
      );
    });

    afterAll(async () => {
      await database?.close();
      await subject?.close();
    });

    const count = async (where = "true") => {
      const { rows } = await database.query(`SELECT count(*) AS n FROM item WHERE ${where}`);
      return rows[0]?.n;
    };

    test("a query answers with typed columns and values that lose nothing", async () => {
      const sql = `SELECT 1 AS int, 9007199254740993::bigint AS big, 12.50::numeric AS num, true AS yes,
        timestamptz '2026-11-20 10:00+02' AS at, '\\x00ff'::bytea AS bytes, '{"a": [1]}'::jsonb AS doc,
        ARRAY['a,b', NULL] AS list, NULL AS nothing, 'é😀' AS text`;
      const { columns, rows } = await database.query(sql);
      expect(columns.map(({ type }) => type)).toEqual([
        "integer",
        "bigint",
        "numeric",
        "boolean",
        "timestamp with time zone",
        "bytea",
        "jsonb",
        "text[]",
        "text",
        "text",
      ]);
      expect(rows).toEqual([
        {
          int: 1,
          big: "9007199254740993",
          num: "12.50",
          yes: true,
          at: "2026-11-20T08:00:00Z",
          bytes: "AP8=",
          doc: { a: [1] },
          list: ["a,b", null],
          nothing: null,
          text: "é😀",
        },
      ]);
    });

    test("parameters of every kind reach the statement", async () => {
      const sql =
        "SELECT $1::int + 1 AS a, $2::text AS b, $3::jsonb AS c, $4::bool AS d, 2 = ANY ($5::int[]) AS e, $6::text AS f, $7::jsonb AS g, $8::text[] AS h";
      const params = [1, "x'; DROP", { k: [1] }, true, [1, 2], null, [{ x: 1 }], ['a"b', null]];
      const { rows } = await database.query(sql, params);
      const row = { a: 2, b: "x'; DROP", c: { k: [1] }, d: true, e: true, f: null };
      expect(rows).toEqual([{ ...row, g: [{ x: 1 }], h: ['a"b', null] }]);
      const plain = await database.query("SELECT $1::int AS a, $2::text AS b", [1, "y"]);
      expect(plain.rows).toEqual([{ a: 1, b: "y" }]);
    });

    test.for([1, [1]])("more values than a statement can have are refused: %j", async (value) => {
      const params = Array.from({ length: 65_536 }, () => value);
      await driver.use(
        async (connection) => {
          await connection.script("BEGIN");
          await expect(connection.run("SELECT 1", params)).rejects.toMatchObject({
            code: "invalid_input",
            message: expect.stringContaining("65535"),
          });
          const after = await connection.run("SELECT $1::int, $2::int[]", [7, [8]]);
          expect(after.rows).toEqual([["7", "{8}"]]);
        },
        { timeoutMs: 20_000 },
      );
      const { rows } = await database.query("SELECT 9 AS n");
      expect(rows).toEqual([{ n: 9 }]);
    });

    test("pages follow each other, by rows and by bytes", async () => {
      const sql = "SELECT id FROM item ORDER BY id";
      const first = await database.query(sql, [], { maxRows: 20 });
      expect(first).toMatchObject({ rowCount: 20, truncated: true, nextOffset: 20 });
      const last = await database.query(sql, [], { maxRows: 20, offset: 40 });
      expect(last).toMatchObject({ rowCount: 10, truncated: false });
      expect(last.rows[0]).toEqual({ id: 41 });
      const narrow = await database.query(sql, [], { maxBytes: 20 });
      expect(narrow).toMatchObject({ truncated: true });
      expect(narrow.rowCount).toBeLessThan(10);
      const shown = await database.query("SHOW ALL", [], { maxRows: 5, offset: 3 });
      expect(shown).toMatchObject({ rowCount: 5, truncated: true, nextOffset: 8 });
    });

    test("an endless result costs a page", async () => {
      const sql = "SELECT n FROM generate_series(1, 1000000000) n";
      const options = { maxRows: 3, timeoutMs: 20_000 };
      // A function in FROM is run whole; one in the list is run row by row.
      const page = await database.query(sql.replace("n FROM ", "").replace(/ n$/, ""), [], options);
      expect(page).toMatchObject({ rowCount: 3, truncated: true });
    });

    test("a mistake is told with its place and the next step, and harms nobody after it", async () => {
      await expect(database.query("SELECT nope FROM item")).rejects.toMatchObject({
        code: "invalid_input",
        message: expect.stringMatching(/"nope" does not exist.*character 8.*describe_table/),
        details: { sqlState: "42703" },
      });
      await expect(database.query("SELECT * FROM nowhere")).rejects.toMatchObject({
        code: "not_found",
      });
      await expect(database.query("SELECT 1 / 0")).rejects.toMatchObject({ code: "invalid_input" });
      expect(await count()).toBe(50);
    });

    test("a write tells what it wrote, and a read writes nothing", async () => {
      const added = await database.execute(
        "INSERT INTO item SELECT n, 'new' FROM generate_series(100, 2599) n RETURNING id",
        [],
        { maxRows: 2 },
      );
      expect(added).toMatchObject({
        command: "INSERT",
        affectedRows: 2500,
        rows: [{ id: 100 }, { id: 101 }],
        truncated: true,
      });
      const removed = await database.execute("DELETE FROM item WHERE id >= $1", [100]);
      expect(removed).toMatchObject({ command: "DELETE", affectedRows: 2500, rows: [] });
      await expect(
        database.read((connection) => connection.run("DELETE FROM item")),
      ).rejects.toMatchObject({ code: "denied", details: { sqlState: "25006" } });
      expect(await count()).toBe(50);
    });

    test("what wants to be outside a transaction runs there", async () => {
      expect(await database.execute("VACUUM item")).toMatchObject({ command: "VACUUM" });
    });

    test("a transaction counts whole or not at all, and a rehearsal not at all", async () => {
      const add = (id: number) => ({ sql: "INSERT INTO item VALUES ($1, 'x')", params: [id] });
      await expect(database.transaction([add(60), add(61), add(60)])).rejects.toMatchObject({
        code: "invalid_input",
        message: expect.stringContaining("Statement 3 of 3"),
      });
      expect(await count("id IN (60, 61)")).toBe(0);
      const seen = { sql: "SELECT count(*) AS n FROM item WHERE id = 60" };
      const rehearsed = await database.transaction([add(60), seen], { dryRun: true });
      expect(rehearsed[1]?.rows).toEqual([{ n: 1 }]);
      expect(await count("id = 60")).toBe(0);
      const kept = await database.transaction([add(60), seen], { isolation: "serializable" });
      expect(kept).toMatchObject([{ affectedRows: 1 }, { rows: [{ n: 1 }] }]);
      expect(await count("id = 60")).toBe(1);
      await database.execute("DELETE FROM item WHERE id = 60");
    });

    test("the isolation of a transaction is the one that was asked for", async () => {
      const shown = { sql: "SHOW transaction_isolation" };
      for (const isolation of ["read committed", "repeatable read", "serializable"] as const) {
        const [result] = await database.transaction([shown], { isolation });
        expect(result?.rows).toEqual([{ transaction_isolation: isolation }]);
      }
    });

    test("a statement is stopped at its timeout, and the next one works", async () => {
      const started = performance.now();
      await expect(database.query(ENDLESS, [], { timeoutMs: 300 })).rejects.toMatchObject({
        code: "timeout",
        retryable: false,
      });
      expect(performance.now() - started).toBeLessThan(10_000);
      expect(await count()).toBe(50);
    });

    test("a statement is stopped when its caller leaves, and what it wrote is gone", async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const writing = database.write(
        async (connection) => {
          await connection.run("INSERT INTO item VALUES (70, 'left')");
          setImmediate(() => controller.abort());
          await connection.run(ENDLESS);
        },
        { signal },
      );
      await expect(writing).rejects.toMatchObject({ code: "cancelled" });
      expect(await count("id = 70")).toBe(0);
      const gone = database.query("SELECT 1", [], { signal: AbortSignal.abort() });
      await expect(gone).rejects.toMatchObject({ code: "cancelled" });
    });

    test("nothing of one piece of work is left for the next", async () => {
      const single = subject.open(1);
      const use = { timeoutMs: 20_000 };
      await single.use(async (connection) => {
        await connection.script(`SET application_name = 'leaked'; SET search_path = pg_catalog;
          CREATE TEMP TABLE leaked (n int); PREPARE leaked AS SELECT 1;
          SELECT pg_advisory_lock(4711); LISTEN leaked`);
        await connection.script("BEGIN; CREATE TABLE public.half (n int)");
      }, use);
      const left = await single.use(async (connection) => {
        const { rows } =
          await connection.run(`SELECT current_setting('application_name') = 'leaked',
          current_setting('search_path') = 'pg_catalog',
          to_regclass('pg_temp.leaked') IS NOT NULL, to_regclass('public.half') IS NOT NULL,
          EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'leaked'),
          EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711),
          EXISTS (SELECT FROM pg_listening_channels())`);
        return rows[0];
      }, use);
      expect(left).toEqual(["f", "f", "f", "f", "f", "f", "f"]);
      await single.close();
    });

    test("what a piece of work left open is rolled back before its caller goes on", async () => {
      const use = { timeoutMs: 20_000 };
      await database.execute("CREATE TABLE latch (n int)");
      const lock = "LOCK TABLE latch IN ACCESS EXCLUSIVE MODE NOWAIT";
      const locking = async (connection: Connection) => {
        connection.ahead(["BEGIN"]);
        await connection.run(lock);
      };
      for (let count = 0; count < 5; count += 1) {
        // Each on whichever connection is free.
        await driver.use(locking, use);
        const failing = driver.use(async (connection) => {
          await locking(connection);
          await connection.run("SELECT 1 / 0");
        }, use);
        await expect(failing).rejects.toMatchObject({ code: "invalid_input" });
      }
    });

    test.for([
      { ahead: ["BEGIN READ ONLY", "SELECT 1 / 0"] },
      { ahead: ["BEGIN NOTHING OF THE KIND", "SELECT 1"] },
      { ahead: ["SELECT 1 / 0", "BEGIN READ ONLY"] },
    ])("nothing runs behind what went ahead and failed: $ahead", async ({ ahead }) => {
      const running = driver.use(
        async (connection) => {
          const make = "CREATE TABLE behind (n int)";
          connection.ahead(ahead);
          await connection.run(make).catch(() => {});
          // Nor does what comes after it, which would be in no transaction.
          await connection.script(make).catch(() => {});
          await connection.run(make);
        },
        { timeoutMs: 20_000 },
      );
      await expect(running).rejects.toMatchObject({ code: "invalid_input" });
      const { rows } = await database.query("SELECT to_regclass('behind') IS NULL AS none");
      expect(rows).toEqual([{ none: true }]);
    });

    test("what goes ahead goes ahead of every kind of statement, and once", async () => {
      const use = { timeoutMs: 20_000 };
      const begin = ["BEGIN READ ONLY", "SELECT set_config('work_mem', '1234kB', true)"];
      const asked = `SELECT current_setting('work_mem'), current_setting('transaction_read_only'), $1::text[]`;
      const expected = [["1234kB", "on", "{a}"]];
      const run = await driver.use(async (connection) => {
        connection.ahead(begin);
        return connection.run(asked, [["a"]]);
      }, use);
      expect(run.rows).toEqual(expected);
      const taken = await driver.use(async (connection) => {
        connection.ahead(begin);
        const portal = connection.open(asked, ["{a}"]);
        return [await portal.take(5), await connection.run("SELECT 1")];
      }, use);
      expect(taken).toMatchObject([{ rows: expected, done: true }, { rows: [["1"]] }]);
      const skipped = await driver.use(async (connection) => {
        connection.ahead(begin);
        const portal = connection.open("SELECT n FROM generate_series(1, 9) n");
        await portal.skip(7);
        return portal.take(5);
      }, use);
      expect(skipped).toMatchObject({ rows: [["8"], ["9"]], done: true });
      const scripted = await driver.use(async (connection) => {
        connection.ahead(begin);
        await connection.script("SELECT 1");
        return connection.run(asked, ["{a}"]);
      }, use);
      expect(scripted.rows).toEqual(expected);
    });

    test("nothing that code of the database does to a session in one read is seen by the next", async () => {
      const single = subject.open(1);
      const reader = createDatabase({ driver: single, guard: createGuard({ mode: "read-only" }) });
      await database.execute(`CREATE OR REPLACE FUNCTION spoil() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_lock(4712), set_config('spoilt.by', 'code', false), set_config('search_path', 'nowhere', false),
          set_config('timezone', 'Asia/Tokyo', false), set_config('statement_timeout', '1', false);
        EXECUTE 'PREPARE spoilt AS SELECT 1';
        EXECUTE 'DECLARE spoilt CURSOR WITH HOLD FOR SELECT 1';
        RETURN 1; END $$`);
      const asked = `SELECT coalesce(current_setting('spoilt.by', true), '') AS setting,
        current_setting('search_path') = 'nowhere' AS path, current_setting('TimeZone') AS zone,
        (SELECT count(*) FROM pg_prepared_statements) AS prepared,
        (SELECT count(*) FROM pg_cursors WHERE name = 'spoilt') AS cursors,
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712) AS locks`;
      const clean = await reader.query(asked);
      expect(clean.rows).toMatchObject([{ setting: "", prepared: 0, locks: 0 }]);
      await expect(reader.query("SELECT spoil() AS n")).resolves.toMatchObject({
        rows: [{ n: 1 }],
      });
      expect((await reader.query(asked)).rows).toEqual(clean.rows);
      await expect(reader.query("SELECT spoil() / 0")).rejects.toMatchObject({
        code: "invalid_input",
      });
      expect((await reader.query(asked)).rows).toEqual(clean.rows);
      expect(single.connections().open).toBeLessThanOrEqual(1);
      // As somebody else sees it.
      const locks =
        "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712";
      expect((await database.query(locks)).rows).toEqual([{ n: 0 }]);
      await reader.close();
    });

    test.for([
      ["client_encoding", "LATIN1"],
      ["standard_conforming_strings", "off"],
    ])(
      "no statement is read by other rules than the guard read it by: %s",
      async ([name, value]) => {
        await database.execute(`CREATE OR REPLACE FUNCTION reread() RETURNS text LANGUAGE sql AS
        $$ SELECT set_config('${name}', '${value}', false) $$`);
        const asked = {
          sql: String.raw`SELECT length('\n') AS characters, length('é') AS letters`,
        };
        const read = [{ characters: 2, letters: 1 }];
        for (const isolation of [undefined, "serializable"] as const) {
          const results = await database.transaction(
            [{ sql: "SELECT reread()" }, asked, { sql: "SELECT reread()" }, asked],
            isolation && { isolation },
          );
          expect([results[1]?.rows, results[3]?.rows]).toEqual([read, read]);
        }
        await database.query("SELECT reread() AS x");
        expect((await database.query(asked.sql)).rows).toEqual(read);
      },
    );

    test("more callers than connections wait for their turn", async () => {
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, n) => database.query("SELECT $1::int AS n", [n])),
      );
      expect(answers.map(({ rows }) => rows[0]?.n)).toEqual(
        Array.from({ length: 12 }, (_, n) => n),
      );
    });

    test("callers who write at once lose nothing", async () => {
      await database.execute("CREATE TABLE counter (n int)");
      await database.execute("INSERT INTO counter VALUES (0)");
      await Promise.all(
        Array.from({ length: 10 }, () => database.execute("UPDATE counter SET n = n + 1")),
      );
      expect((await database.query("TABLE counter")).rows).toEqual([{ n: 10 }]);
    });

    test("rows that are too large are refused, and the next statement works", async () => {
      const huge = "SELECT repeat('x', 9000000) FROM generate_series(1, 20)";
      await expect(
        database.read((connection) => connection.run(huge), { timeoutMs: 60_000 }),
      ).rejects.toMatchObject({ code: "invalid_input" });
      expect(await count()).toBe(50);
    });

    test("connections that end while nobody uses them are replaced unseen", async ({ skip }) => {
      if (!subject.breakConnections) return skip();
      await subject.breakConnections();
      expect(await count()).toBe(50);
      await subject.breakConnections();
      expect(await database.execute("UPDATE item SET note = note")).toMatchObject({
        affectedRows: 50,
      });
    });

    test("a transaction whose connection ends says that nothing was kept", async ({ skip }) => {
      if (!subject.breakConnections) return skip();
      const breakOff = subject.breakConnections;
      const writing = database.write(async (connection) => {
        await connection.run("INSERT INTO item VALUES (80, 'lost')");
        await breakOff();
        await connection.run("INSERT INTO item VALUES (81, 'lost')");
      });
      await expect(writing).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("not committed did not happen"),
      });
      expect(await count("id >= 80")).toBe(0);
    });

    test("closing ends what runs, and nothing begins after it", async () => {
      const other = subject.open(1);
      const running = other.use((connection) => connection.run(ENDLESS), { timeoutMs: 60_000 });
      const ended = expect(running).rejects.toMatchObject({ code: "unavailable" });
      await expect.poll(() => other.connections().open).toBe(1);
      await other.close();
      await ended;
      await expect(
        other.use((connection) => connection.run("SELECT 1"), { timeoutMs: 1_000 }),
      ).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("closed") });
    });
  });
}
