import { randomUUID } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import type { TrestleError } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { type NeonProxy, startNeonProxy } from "@trestle/testkit/neon-proxy";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { functionRule } from "../../src/guard/functions.ts";
import { createGuard } from "../../src/guard/guard.ts";
import { temporaryFolder } from "../../src/postgres/_temporary-folder.ts";
import type { Database } from "../../src/postgres/database.ts";
import { openEmbedded } from "../../src/postgres/embedded.ts";
import { EXTENSIONS, HONEST, HONEST_ELSEWHERE, SHOP } from "./_honest.ts";
import { REVIEWED } from "./_reviewed.ts";
import { openBy, WAYS } from "./_ways.ts";
import { once, SERVER } from "./_world.ts";

const hasServer = await hasLocalPostgres();
const name = `trestle_honest_${randomUUID().slice(0, 8)}`;
const url = `${SERVER}/${name}`;
const guard = createGuard({ mode: "read-only" });
const folder = temporaryFolder();
let front: NeonProxy;

beforeAll(async () => {
  if (!hasServer) return;
  await once("postgres", `CREATE DATABASE ${name}`);
  for (const each of EXTENSIONS) await once(name, creating(each)).catch(() => {});
  await once(name, SHOP);
  front = await startNeonProxy({ allow: [new URL(url).host] });
});

afterAll(async () => {
  folder.remove();
  if (!hasServer) return;
  await front.close();
  await once("postgres", `DROP DATABASE ${name} WITH (FORCE)`);
});

const creating = (extension: string) => `CREATE EXTENSION IF NOT EXISTS "${extension}" CASCADE`;

test("there are at least 200 honest reads", () => {
  expect(new Set([...HONEST, ...HONEST_ELSEWHERE]).size).toBeGreaterThanOrEqual(200);
});

/** What each read was answered by that got no rows: only what the server has not got may be left. */
async function failing(
  database: Pick<Database, "query">,
): Promise<{ refused: string[]; missing: string[] }> {
  const refused: string[] = [];
  const missing: string[] = [];
  for (const sql of HONEST) {
    const params = sql.includes("$1::int[]") ? [[1, 2]] : sql.includes("$1::int ") ? [1] : [];
    await database.query(sql, params).catch((error: unknown) => {
      const { message, details } = error as TrestleError;
      const isMissing = MISSING.has(String(details?.sqlState));
      (isMissing ? missing : refused).push(`${sql}: ${message}`);
    });
  }
  return { refused, missing };
}

/** Syntax, functions, tables and the like that are not there. */
const MISSING = new Set(["42601", "42883", "42P01", "42703", "42704", "42804", "0A000"]);
/** How many reads the oldest server that is still to be found does not know. */
const MOST_MISSING = 25;

describe.skipIf(!hasServer)("every honest read answers", () => {
  test.each(WAYS)("over %s", { timeout: 60_000 }, async (way) => {
    const database = openBy(way, { url, front, guard });
    const { refused, missing } = await failing(database);
    await database.close();
    expect(refused).toEqual([]);
    expect(missing.length).toBeLessThanOrEqual(
      process.env.TRESTLE_TEST_POSTGRES ? MOST_MISSING : 0,
    );
  });
});

test("every honest read answers in the embedded Postgres", { timeout: 60_000 }, async () => {
  const database = openEmbedded({ dataDir: folder.path });
  for (const each of EXTENSIONS) await database.script(creating(each)).catch(() => {});
  await database.script(SHOP);
  const { refused, missing } = await failing(database);
  await database.close();
  expect(refused).toEqual([]);
  expect(missing).toEqual([expect.stringContaining("pgstattuple")]);
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
