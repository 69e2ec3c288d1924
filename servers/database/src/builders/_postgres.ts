import pg from "pg";
import { createGuard } from "../guard/guard.ts";
import { openOwnEmbedded, openOwnLocal } from "../postgres/_databases.ts";
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
  const database = await openOwnLocal(guard);
  const client = new pg.Client(database.url);
  await client.connect();
  return {
    url: database.url,
    guard,
    database,
    script: (text) => client.query(text),
    async close() {
      await client.end();
      await database.close();
    },
  };
}

/** The embedded one, in a folder of its own. */
export async function createTestEmbedded(): Promise<TestDatabase> {
  const database = await openOwnEmbedded(guard);
  return { guard, database, script: database.script, close: database.close };
}

const guard = createGuard({
  mode: "read-write",
  denyTables: ["secrets"],
  denyColumns: ["*.secret*"],
  maskColumns: ["guest.phone"],
});
