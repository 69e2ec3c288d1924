import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger, systemClock } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { startNeonProxy } from "@trestle/testkit/neon-proxy";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestPostgres } from "../builders/_postgres.ts";
import { config } from "../config.ts";
import { createNeonDriver } from "../drivers/neon.ts";
import { createGuard } from "../guard/guard.ts";
import { temporaryFolder as sharedFolder } from "../postgres/_temporary-folder.ts";
import { createDatabase } from "../postgres/create-database.ts";
import type { Database } from "../postgres/database.ts";
import { openDatabase } from "../postgres/open-database.ts";
import { exportRows } from "../transfer/export.ts";
import { importRows } from "../transfer/import.ts";
import { knownTarget } from "../transfer/table-source.ts";
import { alignShapes } from "./compare/align.ts";
import { diffShapes } from "./compare/diff.ts";
import { takeShape } from "./compare/take.ts";
import { migrate } from "./migrate.ts";
import { planMigrations } from "./plan.ts";

interface Opened {
  readonly database: Database;
  close(): Promise<void>;
}

const guard = createGuard({ mode: "admin" });
const parts = { guard, clock: systemClock, log: silentLogger };

async function openEmbedded(): Promise<Opened> {
  const folder = sharedFolder();
  const database = openDatabase(config.parse({ mode: "admin" }), {
    ...parts,
    dataDir: folder.path,
  });
  return {
    database,
    async close() {
      await database.close();
      folder.remove();
    },
  };
}

async function openPostgres(): Promise<Opened> {
  const { url, close } = await createTestPostgres();
  const database = openDatabase(config.parse({ url, mode: "admin" }), { ...parts, dataDir: "" });
  return {
    database,
    async close() {
      await database.close();
      await close();
    },
  };
}

async function openNeon(): Promise<Opened> {
  const { url, close } = await createTestPostgres();
  const proxy = await startNeonProxy({ allow: [new URL(url).host] });
  const pool = { maxConnections: 2, idleTimeoutMs: 10_000, connectionTimeoutMs: 10_000 };
  const driver = createNeonDriver({ url, ...pool, ...parts, front: proxy });
  const database = createDatabase({ driver, guard });
  return {
    database,
    async close() {
      await database.close();
      await proxy.close();
      await close();
    },
  };
}

const here = await hasLocalPostgres();

describe.each([
  ["the embedded database", openEmbedded, true],
  ["Postgres over TCP", openPostgres, here],
  ["Neon's driver", openNeon, here],
] as const)("%s", (_name, open, isHere) => {
  let opened: Opened;
  beforeAll(async () => {
    if (isHere) opened = await open();
  }, 60_000);
  afterAll(() => opened?.close());

  test.runIf(isHere)(
    "migrates there and back, one of them outside a transaction",
    async () => {
      const { database } = opened;
      const folder = temporaryFolder();
      const write = (name: string, up: string, down: string) =>
        writeFileSync(
          join(folder, `${name}.sql`),
          `-- Up Migration\n${up}\n-- Down Migration\n${down}\n`,
        );
      write("1_guest", "CREATE TABLE guest (id int PRIMARY KEY, name text);", "DROP TABLE guest;");
      write(
        "2_index",
        "-- no transaction\nCREATE INDEX CONCURRENTLY by_name ON guest (name);",
        "DROP INDEX by_name;",
      );
      for (const [direction, count] of [
        ["up", 2],
        ["down", 2],
        ["up", 2],
      ] as const) {
        const plan = await planMigrations(database, { folder, guard, direction, count });
        const ran = await migrate(database, {
          ...{ folder, direction, all: plan.all, clock: systemClock, timeoutMs: 60_000 },
          migrations: plan.steps.map(({ file }) => file),
        });
        expect(ran).toHaveLength(2);
      }
      write("3_bad", "CREATE TABLE room (id int); SELECT 1 / 0;", "");
      const plan = await planMigrations(database, { folder, guard, direction: "up" });
      const attempt = migrate(database, {
        ...{ folder, direction: "up", all: plan.all, clock: systemClock, timeoutMs: 60_000 },
        migrations: plan.steps.map(({ file }) => file),
      });
      await expect(attempt).rejects.toThrow(/^Migration 3_bad failed.*division by zero/);
      const { rows } = await database.query("SELECT to_regclass('room') AS room");
      expect(rows).toEqual([{ room: null }]);
    },
    60_000,
  );

  test.runIf(isHere)(
    "carries rows out and in, and finds the wrong one",
    async () => {
      const { database } = opened;
      await database.write((connection) =>
        connection.script(`CREATE TABLE many (id int PRIMARY KEY, name text, list int[], doc jsonb);
        INSERT INTO many SELECT n, CASE WHEN n % 3 > 0 THEN 'it''s ' || n END, ARRAY[n, NULL], '{"a": "x"}'
        FROM generate_series(1, 3000) n; CREATE TABLE copied (LIKE many INCLUDING ALL)`),
      );
      const pieces: string[] = [];
      const layout = { format: "ndjson", timeoutMs: 60_000, statementTimeoutMs: 30_000 } as const;
      const write = async (text: string) => void pieces.push(text);
      const exported = await exportRows(database, { sql: "TABLE many" }, write, {
        ...layout,
        guard,
      });
      expect(exported.rows).toBe(3_000);
      const target = await knownTarget(database, { table: "copied" }, { guard });
      const put = (texts: readonly string[]) =>
        importRows(database, target, inBytes(texts), {
          ...{ ...layout, batchRows: 700, maxRejects: 10, checkColumns() {} },
          conflicts: { do: "refuse" },
        });
      await expect(put([...pieces, '{"id":"x"}\n'])).rejects.toThrow(
        "Line 3001: invalid input syntax",
      );
      expect(await put(pieces)).toMatchObject({ rows: 3_000 });
      const { rows } = await database.query(
        "SELECT count(*) FROM (TABLE many EXCEPT TABLE copied) d",
      );
      expect(rows).toEqual([{ count: 0 }]);
    },
    60_000,
  );

  test.runIf(isHere)(
    "tells how two of its schemas differ",
    async () => {
      const { database } = opened;
      await database.write((connection) =>
        connection.script(`CREATE SCHEMA one; CREATE TABLE one.a (id serial PRIMARY KEY, b text DEFAULT 'x');
        CREATE SCHEMA two; CREATE TABLE two.a (id serial PRIMARY KEY, b varchar(3), c int CHECK (c > 0))`),
      );
      const [one, two] = [await takeShape(database, "one"), await takeShape(database, "two")];
      expect(diffShapes(one, two)).toHaveLength(3);
      const { statements } = alignShapes(one, two);
      await database.write((connection) =>
        connection.script(`SET LOCAL search_path = one; ${statements.join("\n")}`),
      );
      expect(diffShapes(await takeShape(database, "one"), two)).toEqual([]);
    },
    60_000,
  );
});

async function* inBytes(texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
