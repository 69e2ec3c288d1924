import { randomUUID } from "node:crypto";
import { LOCAL_POSTGRES } from "@trestle/testkit/local-postgres";
import pg from "pg";

const SERVER = `${LOCAL_POSTGRES}/postgres`;

/** A database of its own on the local server, and a second pair of eyes on it. */
export interface TestDatabase {
  readonly url: string;
  /** On a connection of its own, outside everything under test. */
  look<Row extends pg.QueryResultRow>(sql: string, params?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `trestle_${randomUUID().replaceAll("-", "")}`;
  await once(SERVER, `CREATE DATABASE ${name}`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    look: (sql, params) => once(url.href, sql, params),
    drop: async () => void (await once(SERVER, `DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

async function once<Row extends pg.QueryResultRow>(
  connectionString: string,
  sql: string,
  params: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<Row>(sql, params)).rows;
  } finally {
    await client.end();
  }
}
