import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../postgres/_temporary-folder.ts";
import { type EmbeddedDatabase, openEmbedded } from "../postgres/embedded.ts";
import { attacks, reads, reviewedFunctions } from "./_read-only-corpus.ts";
import { isDeniedFunction } from "./denied-names.ts";

const folder = temporaryFolder();
let database: EmbeddedDatabase;
let before: unknown;

beforeAll(async () => {
  database = openEmbedded({ dataDir: folder.path });
  await database.script(`
    CREATE TABLE secret (id int PRIMARY KEY, word text);
    INSERT INTO secret VALUES (1, 'one'), (2, 'two');
    CREATE SEQUENCE counter;
    CREATE FUNCTION sneaky_insert() RETURNS int LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO secret VALUES (9, 'x'); RETURN 1; END $$;
    CREATE FUNCTION sneaky_mode() RETURNS int LANGUAGE plpgsql AS
      $$ BEGIN PERFORM set_config('transaction_read_only', 'off', false);
         INSERT INTO secret VALUES (9, 'x'); RETURN 1; END $$;
    CREATE PROCEDURE sneaky_commit() LANGUAGE plpgsql AS
      $$ BEGIN COMMIT; DELETE FROM secret; COMMIT; END $$;
  `);
  before = await fingerprint();
}, 60_000);

afterAll(async () => {
  await database.close();
  folder.remove();
});

/** Everything that an attack might change: rows, the sequence, relations, columns, settings, large objects. */
async function fingerprint(): Promise<unknown> {
  const { rows } = await database.query(`SELECT
    (SELECT jsonb_agg(s ORDER BY id) FROM secret s) AS rows,
    (SELECT last_value || ' ' || is_called FROM counter) AS counter,
    (SELECT jsonb_agg(relname ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS relations,
    (SELECT jsonb_agg(attname ORDER BY attname) FROM pg_attribute WHERE attrelid = 'secret'::regclass) AS columns,
    (SELECT count(*) FROM pg_proc) AS functions,
    (SELECT count(*) FROM pg_extension) AS extensions,
    (SELECT count(*) FROM pg_largeobject_metadata) AS objects,
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks,
    obj_description('secret'::regclass) AS comment,
    (SELECT relacl::text FROM pg_class WHERE oid = 'secret'::regclass) AS rights,
    current_setting('search_path') AS path,
    current_setting('default_transaction_read_only') AS mode,
    current_user AS role`);
  return rows;
}

describe("an attack is refused and changes nothing", () => {
  test.each(attacks)("%s", async (sql) => {
    const error = await database.query(sql).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(denied|invalid_input|not_found)$/),
      message: expect.not.stringContaining("engine"),
    });
    expect(await fingerprint()).toEqual(before);
  });
});

test("every function of Postgres that may have effects is either denied or was looked at", async () => {
  const { rows } = await database.query(
    `SELECT DISTINCT proname AS name FROM pg_proc WHERE provolatile = 'v'
      AND pronamespace = 'pg_catalog'::regnamespace
      AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)`,
    [],
    { maxRows: 5_000, maxBytes: 1_000_000 },
  );
  const open = rows.map((row) => String(row.name)).filter((name) => !isDeniedFunction(name));
  expect(open.filter((name) => !reviewedFunctions.has(name))).toEqual([]);
});

test("a refusal says what is allowed", async () => {
  await expect(database.query("DROP TABLE secret")).rejects.toMatchObject({
    code: "denied",
    message: expect.stringMatching(/DROP is not a read.*read-only.*SELECT.*EXPLAIN or SHOW/),
  });
});

describe("a read answers", () => {
  test.each(reads)("%s", async (sql) => {
    expect((await database.query(sql)).columns.length).toBeGreaterThan(0);
  });
});

test("a statement nested thousands of levels deep is refused, and the next query works", async () => {
  const deep = `SELECT ${"(".repeat(50_000)}1${")".repeat(50_000)}`;
  await expect(database.query(deep)).rejects.toMatchObject({ code: expect.any(String) });
  expect((await database.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
});
