import { randomUUID } from "node:crypto";
import { silentLogger, systemClock } from "@trestle/protocol";
import { LOCAL_POSTGRES } from "@trestle/testkit/local-postgres";
import pg from "pg";
import { config } from "../config.ts";
import { createGuard } from "../guard/guard.ts";
import { temporaryFolder } from "../postgres/_temporary-folder.ts";
import { openDatabase } from "../postgres/open-database.ts";
import type { Target } from "./run.ts";

/** A database of a test's own, and any statements on it, past the server's rules. */
interface TestDatabase extends Target {
  script(text: string): Promise<unknown>;
  close(): Promise<void>;
}

export interface TestPostgres extends TestDatabase {
  readonly url: string;
  script(text: string): Promise<pg.QueryResult>;
}

/** A new database of the local Postgres, dropped when it is closed. */
export async function createTestPostgres(): Promise<TestPostgres> {
  const name = `trestle_builders_${randomUUID().replaceAll("-", "")}`;
  await administer(`CREATE DATABASE ${name}`);
  const url = `${LOCAL_POSTGRES}/${name}`;
  const database = openDatabase(config.parse({ url }), parts());
  const client = new pg.Client(url);
  await client.connect();
  return {
    url,
    guard,
    database,
    script: (text) => client.query(text),
    async close() {
      await client.end();
      await database.close();
      await administer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** The embedded one, in a folder of its own. */
export async function createTestEmbedded(): Promise<TestDatabase> {
  const folder = temporaryFolder();
  const database = openDatabase(config.parse({}), parts(folder.path));
  return {
    guard,
    database,
    script: (text) => database.write((connection) => connection.script(text)),
    async close() {
      await database.close();
      folder.remove();
    },
  };
}

const guard = createGuard({
  mode: "read-write",
  denyTables: ["secrets"],
  denyColumns: ["*.secret*"],
  maskColumns: ["guest.phone"],
});

const parts = (dataDir = "") => ({ guard, dataDir, clock: systemClock, log: silentLogger });

async function administer(sql: string): Promise<void> {
  const client = new pg.Client(`${LOCAL_POSTGRES}/postgres`);
  await client.connect();
  await client.query(sql);
  await client.end();
}
