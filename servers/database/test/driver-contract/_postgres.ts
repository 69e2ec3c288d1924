import {
  askPostgres,
  createLocalDatabase,
  type LocalDatabase,
} from "@trestle/testkit/local-postgres";
import type pg from "pg";

/** A database of its own on the local server, and a second pair of eyes on it. */
export interface TestDatabase extends LocalDatabase {
  /** On a connection of its own, outside everything under test. */
  look<Row extends pg.QueryResultRow>(sql: string, params?: unknown[]): Promise<Row[]>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const database = await createLocalDatabase();
  return { ...database, look: (sql, params) => askPostgres(database.url, sql, params) };
}
