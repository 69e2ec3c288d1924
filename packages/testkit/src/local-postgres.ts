import { randomUUID } from "node:crypto";
import process from "node:process";
import pg from "pg";

export {
  findPrograms,
  type OwnPostgres,
  type OwnPostgresOptions,
  startPostgres,
} from "./own-postgres.ts";

/**
 * Where tests expect a Postgres server: its superuser, let in without a password. `TRESTLE_TEST_POSTGRES`
 * names another one, without a database: `postgres://postgres@127.0.0.1:5433`.
 */
export const LOCAL_POSTGRES =
  process.env.TRESTLE_TEST_POSTGRES ?? "postgres://postgres@127.0.0.1:5432";

let asked: Promise<boolean> | undefined;

/**
 * Is there a Postgres server to test with? A person without one is told what is left out; under
 * `CI=true`, where nothing may be left out, it throws.
 */
export function hasLocalPostgres(): Promise<boolean> {
  asked ??= ask();
  return asked;
}

async function ask(): Promise<boolean> {
  const client = new pg.Client(`${LOCAL_POSTGRES}/postgres?connect_timeout=5`);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch (error) {
    const sentence = `There is no Postgres at ${LOCAL_POSTGRES} (${error instanceof Error ? error.message : error}).`;
    if (process.env.CI === "true") throw new Error(sentence, { cause: error });
    process.stderr.write(`${sentence} Tests that need one are skipped.\n`);
    return false;
  }
}

/** A database of a test's own. */
export interface LocalDatabase {
  readonly name: string;
  readonly url: string;
  /** Ends whoever is still connected. */
  drop(): Promise<void>;
}

/** A new database of a server; its name begins with the prefix. */
export async function createLocalDatabase({
  prefix = "trestle",
  server = LOCAL_POSTGRES,
} = {}): Promise<LocalDatabase> {
  const name = `${prefix}_${randomUUID().replaceAll("-", "").slice(0, 20)}`;
  await askPostgres(`${server}/postgres`, `CREATE DATABASE ${name}`);
  return {
    name,
    url: `${server}/${name}`,
    drop: async () =>
      void (await askPostgres(`${server}/postgres`, `DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

/** The rows of one statement, on a connection of its own, outside everything under test. */
export async function askPostgres<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  params: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  // What ends a backend ends its client too.
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...params])).rows;
  } finally {
    await client.end();
  }
}
