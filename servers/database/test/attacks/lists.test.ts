import { randomUUID } from "node:crypto";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { seededRandom } from "@trestle/testkit/surroundings";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, Connection } from "../../src/drivers/driver.ts";
import { type Catalog, readCatalog } from "../../src/guard/catalog.ts";
import { checkRules } from "../../src/guard/check-rules.ts";
import { createGuard, type GuardRules } from "../../src/guard/guard.ts";
import { maskedFields, maskRows } from "../../src/guard/masks.ts";
import { describeRole, recommendedRole } from "../../src/guard/role.ts";
import type { Mode } from "../../src/postgres/database.ts";
import { drawQuery, HIDDEN, HIDING, SCRAMBLE } from "./_queries.ts";
import { once, SERVER } from "./_world.ts";

const hasServer = await hasLocalPostgres();
const random = seededRandom();
const name = `trestle_lists_${randomUUID().slice(0, 8)}`;
const role = `trestle_lists_${randomUUID().slice(0, 8)}`;
const rules: GuardRules = {
  mode: "read-only",
  denySchemas: ["private"],
  denyTables: ["hidden"],
  denyColumns: ["users.pin"],
  maskColumns: ["public.users.ssn"],
};
const guard = createGuard(rules);
/** Two databases alike but for what is hidden: no answer may tell which one it is from. */
let worlds: { readonly client: pg.Client; readonly catalog: Catalog }[];
let client: pg.Client;
let catalog: Catalog;

beforeAll(async () => {
  if (!hasServer) return;
  worlds = await Promise.all(SCRAMBLE.map((values, at) => openWorld(`${name}_${at}`, values)));
  [{ client, catalog }] = worlds as [(typeof worlds)[number]];
});

afterAll(async () => {
  if (!hasServer) return;
  for (const world of worlds) await world.client.end();
  for (const at of SCRAMBLE.keys())
    await once("postgres", `DROP DATABASE ${name}_${at} WITH (FORCE)`);
  await once("postgres", `DROP ROLE IF EXISTS ${role}`);
});

async function openWorld(database: string, values: string) {
  await once("postgres", `CREATE DATABASE ${database}`);
  const client = new pg.Client(`${SERVER}/${database}`);
  await client.connect();
  await client.query(`${HIDING}; ${values}`);
  return { client, catalog: await readCatalog(connectionOf(client)) };
}

/** As the drivers hand it out, with what is asked of it here. */
function connectionOf(to: pg.Client): Connection {
  const types = { getTypeParser: () => (text: unknown) => text };
  const run = async (text: string, values: readonly unknown[] = []): Promise<Answer> => {
    const result = await to.query({ text, values: [...values], rowMode: "array", types });
    return result as unknown as Answer;
  };
  return { run } as Connection;
}

/** What a reader shows of a query that the guard lets pass. */
async function show(
  sql: string,
  { client, catalog } = worlds[0] as (typeof worlds)[number],
): Promise<string> {
  const { fields, rows } = await connectionOf(client).run(sql);
  return JSON.stringify(maskRows(rows, maskedFields(rules, catalog, fields)));
}

const check = (sql: string) =>
  guard.checkRead(sql, {
    catalog: (names) => readCatalog(connectionOf(client), names),
    masks: true,
  });

describe.skipIf(!hasServer)("what lists hide", () => {
  test("decides nothing of what is shown, whatever is asked", { timeout: 3_600_000 }, async () => {
    const counts = { refused: 0, wrong: 0, shown: 0, masked: 0 };
    for (let round = 3_000 * random.rounds(1); round > 0; round -= 1) {
      const sql = drawQuery(random);
      const accepted = await check(sql).then(
        () => true,
        () => false,
      );
      if (!accepted) {
        counts.refused += 1;
        continue;
      }
      const [first, second] = await Promise.allSettled(worlds.map((world) => show(sql, world)));
      if (first?.status !== "fulfilled" || second?.status !== "fulfilled") {
        // Postgres finds it wrong in both, and says so in the same words.
        expect([sql, messageOf(second)]).toEqual([sql, messageOf(first)]);
        counts.wrong += 1;
        continue;
      }
      expect([sql, second.value]).toEqual([sql, first.value]);
      expect([sql, first.value]).not.toEqual([sql, expect.stringMatching(HIDDEN)]);
      counts.shown += 1;
      if (first.value.includes("***")) counts.masked += 1;
    }
    process.stderr.write(`${JSON.stringify(counts)}\n`);
    expect(counts.masked).toBeGreaterThan(0);
  });

  test.each([
    "SELECT id, name FROM users",
    "SELECT u.id, u.ssn, u.name FROM users u WHERE u.id > 1 ORDER BY u.id",
    "SELECT id, ssn AS number FROM users_old",
    "SELECT count(ssn), count(*) FROM users WHERE ssn IS NOT NULL",
    "SELECT * FROM orders JOIN names USING (id)",
    "SELECT o.*, u.name FROM orders o JOIN users u ON u.id = o.user_id",
    "SELECT * FROM (SELECT id, name FROM users) s",
    "WITH users AS (SELECT id AS pin FROM orders) SELECT * FROM users",
    "SELECT pin, ssn FROM pins",
    "SELECT relname FROM pg_class",
    "SELECT column_name FROM information_schema.columns",
  ])("lets pass what tells nothing: %s", async (sql) => {
    await check(sql);
    expect(await show(sql)).not.toMatch(HIDDEN);
  });

  test.each<[string, RegExp]>([
    ["SELECT * FROM users", /stands for columns of users.*DATABASE_DENY_COLUMNS.*Name the columns/],
    ["SELECT pin FROM users", /column pin of users.*DATABASE_DENY_COLUMNS/],
    ["SELECT PIN FROM public.USERS", /column pin/],
    ['SELECT "pin" FROM users_old', /column pin/],
    ["SELECT 1 FROM users WHERE pin = 'x'", /column pin/],
    ["SELECT upper(ssn) FROM users", /masked/],
    ["SELECT id FROM users ORDER BY ssn", /masked/],
    ["SELECT ssn FROM users ORDER BY 1", /masked/],
    ["SELECT ssn AS s FROM users ORDER BY s", /masked/],
    ["SELECT DISTINCT ssn FROM users", /masked/],
    ["SELECT ssn FROM users UNION SELECT 'x'", /masked/],
    ["WITH c AS (SELECT ssn FROM users) SELECT * FROM c", /masked/],
    ["SELECT count(ssn) OVER (ORDER BY ssn) FROM users", /masked/],
    ["SELECT u FROM users u", /whole row of users/],
    ["SELECT row_to_json(u) FROM users u", /whole row/],
    ["SELECT u.to_jsonb FROM users u", /whole row/],
    ["SELECT users.hstore FROM users", /whole row/],
    ["SELECT (u).id FROM users u", /whole row/],
    ["SELECT id FROM users NATURAL JOIN pins", /NATURAL/],
    ["SELECT users.id FROM users JOIN pins USING (ssn)", /masked/],
    ["SELECT a.c FROM users a(x, y, c, d)", /renames columns/],
    ["SELECT * FROM hidden", /table hidden.*DATABASE_DENY_TABLES: hidden/],
    ["SELECT 1 FROM private.orders", /schema private.*DATABASE_DENY_SCHEMAS/],
    ["SELECT most_common_vals FROM pg_stats", /holds values of all tables/],
    ["SELECT * FROM pg_toast.pg_toast_2619", /holds values/],
    ["SELECT table_to_xml('users', true, true, '')", /given as text/],
    ["SELECT * FROM ts_stat('SELECT to_tsvector(ssn) FROM users')", /masked/],
  ])("refuses %s", async (sql, message) => {
    await expect(check(sql)).rejects.toMatchObject({
      code: "denied",
      message: expect.stringMatching(message),
    });
  });

  test("without a catalog, whatever may be meant counts", async () => {
    await expect(guard.checkRead("SELECT id FROM public.users")).resolves.toBeDefined();
    await expect(guard.checkRead("SELECT id FROM orders")).rejects.toThrow(/Write schema.orders/);
    await expect(guard.checkRead("SELECT ssn FROM public.users")).rejects.toThrow(/masked/);
    const everywhere = createGuard({ mode: "read-only", denyColumns: ["*.password"] });
    await expect(everywhere.checkRead("SELECT * FROM orders")).rejects.toThrow(/may not be used/);
    await expect(
      everywhere.checkRead("SELECT * FROM orders", { catalog: async () => catalog }),
    ).resolves.toBeDefined();
  });

  test("reports entries that name nothing, and views that show what is guarded", () => {
    const found = checkRules(
      {
        mode: "read-only",
        denyTables: ["user"],
        maskColumns: ["users.snn", "users.name"],
        denySchemas: ["privat"],
      },
      catalog,
    );
    expect(found.map(({ setting, entry, problem }) => `${setting} ${entry}: ${problem}`)).toEqual([
      expect.stringMatching(/DENY_SCHEMAS privat: .*did you mean private/),
      expect.stringMatching(/DENY_TABLES user: .*did you mean users/),
      expect.stringMatching(/MASK_COLUMNS users.snn: .*did you mean users.ssn/),
      expect.stringMatching(/MASK_COLUMNS users.name: The view public.names shows it/),
    ]);
    expect(checkRules(rules, catalog)).toEqual([]);
  });

  test("recommends a role that writes rows, and no more than rows", async () => {
    const script = recommendedRole("read-write", ["a", 'b"c']);
    expect(script).toContain('CREATE ROLE "trestle_writer" LOGIN NOSUPERUSER');
    expect(script).toContain(
      'SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "a", "b""c" TO',
    );
    expect(script).not.toMatch(/CREATE ON|transaction_read_only/);
  });

  test("tells what a role can do beyond the mode", async () => {
    const superuser = await describeRole(connectionOf(client), "read-only");
    expect(superuser.excess).toEqual([
      expect.stringMatching(/postgres is a superuser/),
      ...superuser.excess.slice(1),
    ]);
    await client.query(
      `${recommendedRole("read-only", ["public"], role)} REVOKE TEMPORARY ON DATABASE ${name}_0 FROM PUBLIC;
        REVOKE CREATE ON SCHEMA public FROM PUBLIC`,
    );
    await client.query(`SET ROLE ${role}`);
    expect(await describeRole(connectionOf(client), "read-only")).toEqual({ role, excess: [] });
    await client.query(`RESET ROLE; GRANT INSERT ON orders TO ${role}; GRANT pg_read_server_files TO ${role};
      ALTER TABLE pins OWNER TO ${role}; ALTER ROLE ${role} CREATEDB; SET ROLE ${role}`);
    expect((await describeRole(connectionOf(client), "read-only")).excess).toEqual([
      expect.stringMatching(/CREATEDB/),
      expect.stringMatching(/pg_read_server_files, which reads files/),
      expect.stringMatching(/owns 1 table \(public.pins\)/),
      expect.stringMatching(/may write 2 tables \(public.orders, public.pins\)/),
    ]);
    await client.query(`RESET ROLE; GRANT DELETE ON ALL TABLES IN SCHEMA public TO ${role};
      GRANT CREATE ON SCHEMA public TO ${role}; GRANT CREATE, TEMPORARY ON DATABASE ${name}_0 TO ${role};
      CREATE FUNCTION act() RETURNS void SECURITY DEFINER LANGUAGE sql AS 'DELETE FROM orders'; SET ROLE ${role}`);
    const beyond = async (mode: Mode) => (await describeRole(connectionOf(client), mode)).excess;
    const structure = [
      expect.stringMatching(/may make tables and functions in 1 schema \(public\)/),
      expect.stringMatching(/may make schemas/),
    ];
    expect((await beyond("read-only")).slice(3)).toEqual([
      expect.stringMatching(/may write 6 tables \(public.hidden, .* and 3 more\)/),
      ...structure,
      expect.stringMatching(/may call 1 function \(act\(\)\) that run with their owner's rights/),
      expect.stringMatching(/may make temporary tables/),
    ]);
    expect((await beyond("read-write")).slice(3)).toEqual(structure);
    expect(await beyond("admin")).toHaveLength(2);
    await client.query(`RESET ROLE; REASSIGN OWNED BY ${role} TO postgres; DROP OWNED BY ${role}`);
  });
});

function messageOf(result: PromiseSettledResult<string> | undefined): string {
  return result?.status === "rejected" ? (result.reason as Error).message : "no error";
}
