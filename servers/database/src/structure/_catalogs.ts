import { randomUUID } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import { silentLogger, systemClock } from "@trestle/protocol";
import pg from "pg";
import { config } from "../config.ts";
import type { Answer, Connection } from "../drivers/driver.ts";
import type { Guard } from "../guard/guard.ts";
import type { Database } from "../postgres/database.ts";
import { openDatabase } from "../postgres/open-database.ts";

/** A database of a test's own: what is asked of it, and scripts that fill it. */
export interface TestCatalog extends Pick<Database, "kind" | "mode" | "read" | "write"> {
  script(text: string): Promise<void>;
  close(): Promise<void>;
}

const SERVER = "postgres://postgres@127.0.0.1:5432";

const openGuard: Guard = {
  rules: { mode: "admin" },
  checkRead: async () => ({ kind: "rows", destructive: false }),
  check: async () => ({ kind: "change", destructive: false }),
  checkTable() {},
};

/** Is there a Postgres on this machine to test with? */
export async function hasLocalPostgres(): Promise<boolean> {
  const client = new pg.Client(`${SERVER}/postgres?connect_timeout=2`);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/** A new database of the local Postgres, dropped when it is closed. */
export async function openLocal(
  server = SERVER,
): Promise<TestCatalog & Database & { readonly url: string }> {
  const name = `trestle_${randomUUID().replaceAll("-", "")}`;
  const administer = async (sql: string) => {
    const client = new pg.Client(`${server}/postgres`);
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await administer(`CREATE DATABASE ${name}`);
  const database = openDatabase(config.parse({ url: `${server}/${name}` }), {
    guard: openGuard,
    dataDir: "",
    clock: systemClock,
    log: silentLogger,
  });
  return {
    ...database,
    url: `${server}/${name}`,
    script: (text) => database.write((connection) => connection.script(text)),
    async close() {
      await database.close();
      await administer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** The embedded Postgres, in memory. */
export async function openInMemory(): Promise<TestCatalog> {
  const database = await PGlite.create();
  const parsers = Object.fromEntries(
    Object.keys(database.parsers).map((oid) => [oid, (text: string) => text]),
  );
  const connection = {
    run: (sql: string, params: readonly unknown[] = []) =>
      database.query(sql, [...params], { rowMode: "array", parsers }) as unknown as Promise<Answer>,
    script: async (text: string) => void (await database.exec(text)),
  } as unknown as Connection;
  const within =
    (begin: string, end: string): Database["read"] =>
    async (work) => {
      await database.exec(begin);
      try {
        const result = await work(connection);
        await database.exec(end);
        return result;
      } catch (error) {
        await database.exec("ROLLBACK");
        throw error;
      }
    };
  return {
    kind: "embedded",
    mode: "admin",
    read: within("BEGIN TRANSACTION READ ONLY", "ROLLBACK"),
    write: within("BEGIN", "COMMIT"),
    script: connection.script,
    close: () => database.close(),
  };
}
