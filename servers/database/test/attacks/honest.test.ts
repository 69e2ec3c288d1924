import { randomUUID } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import { silentLogger, systemClock } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { config } from "../../src/config.ts";
import { functionRule } from "../../src/guard/functions.ts";
import { createGuard } from "../../src/guard/guard.ts";
import type { Database } from "../../src/postgres/database.ts";
import { openDatabase } from "../../src/postgres/open-database.ts";
import { HONEST, HONEST_ELSEWHERE, SHOP } from "./_honest.ts";
import { REVIEWED } from "./_reviewed.ts";
import { once, SERVER } from "./_world.ts";

const hasServer = await hasLocalPostgres();
const name = `trestle_honest_${randomUUID().slice(0, 8)}`;
const guard = createGuard({ mode: "read-only" });
let database: Database;

beforeAll(async () => {
  if (!hasServer) return;
  await once("postgres", `CREATE DATABASE ${name}`);
  await once(name, SHOP);
  database = openDatabase(config.parse({ url: `${SERVER}/${name}` }), {
    guard,
    dataDir: "",
    clock: systemClock,
    log: silentLogger,
  });
});

afterAll(async () => {
  if (!hasServer) return;
  await database.close();
  await once("postgres", `DROP DATABASE ${name} WITH (FORCE)`);
});

test("there are at least 200 honest reads", () => {
  expect(new Set([...HONEST, ...HONEST_ELSEWHERE]).size).toBeGreaterThanOrEqual(200);
});

describe.skipIf(!hasServer)("an honest read answers", () => {
  test.each(HONEST)("%s", async (sql) => {
    const params = sql.includes("$1::int[]") ? [[1, 2]] : sql.includes("$1::int ") ? [1] : [];
    const result = await database.query(sql, params);
    expect(result.rowCount).toBeGreaterThanOrEqual(0);
  });
});

test.each(HONEST_ELSEWHERE)("passes the guard: %s", async (sql) => {
  await expect(guard.checkRead(sql)).resolves.toMatchObject({ kind: "rows" });
});

const VOLATILE = `SELECT DISTINCT proname AS name FROM pg_proc WHERE provolatile = 'v'
  AND pronamespace = 'pg_catalog'::regnamespace
  AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)`;

describe("every function of Postgres that may have effects has a rule or was looked at", () => {
  const open = (rows: readonly { name: string }[]) =>
    rows.map((row) => row.name).filter((one) => !functionRule(one) && !REVIEWED.has(one));

  test("embedded", async () => {
    const embedded = await PGlite.create();
    const { rows } = await embedded.query<{ name: string }>(VOLATILE);
    await embedded.close();
    expect(rows.length).toBeGreaterThan(100);
    expect(open(rows)).toEqual([]);
  });

  test.skipIf(!hasServer)("server", async () => {
    const client = new pg.Client(`${SERVER}/${name}`);
    await client.connect();
    const { rows } = await client.query(VOLATILE);
    await client.end();
    expect(open(rows)).toEqual([]);
  });
});
