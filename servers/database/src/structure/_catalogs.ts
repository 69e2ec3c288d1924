import { randomUUID } from "node:crypto";
import { silentLogger, systemClock } from "@trestle/protocol";
import { hasLocalPostgres, LOCAL_POSTGRES } from "@trestle/testkit/local-postgres";
import pg from "pg";
import { type Config, config } from "../config.ts";
import type { Guard } from "../guard/guard.ts";
import { temporaryFolder } from "../postgres/_temporary-folder.ts";
import type { Database } from "../postgres/database.ts";
import { openDatabase } from "../postgres/open-database.ts";

/** A database of a test's own: what is asked of it, and scripts that fill it. */
export interface TestCatalog extends Pick<Database, "kind" | "mode" | "read" | "write"> {
  script(text: string): Promise<void>;
  close(): Promise<void>;
}

const openGuard: Guard = {
  rules: { mode: "admin" },
  checkRead: async () => ({ kind: "rows", destructive: false }),
  check: async () => ({ kind: "change", destructive: false }),
  checkTable() {},
};

/** Each kind of Postgres that there is here to test with. */
export async function postgresKinds(): Promise<[name: string, open: typeof openEmbedded][]> {
  return [
    ["the embedded Postgres", openEmbedded],
    ...((await hasLocalPostgres()) ? ([["a Postgres server", openLocal]] as const) : []),
  ] as [string, typeof openEmbedded][];
}

/** A new database of the local Postgres, dropped when it is closed. */
export async function openLocal(
  server = LOCAL_POSTGRES,
): Promise<TestCatalog & Database & { readonly url: string }> {
  const name = `trestle_${randomUUID().replaceAll("-", "")}`;
  const administer = async (sql: string) => {
    const client = new pg.Client(`${server}/postgres`);
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await administer(`CREATE DATABASE ${name}`);
  const database = open({ url: `${server}/${name}` }, "");
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

/** The embedded Postgres, in a folder that is removed when it is closed. */
export async function openEmbedded(): Promise<TestCatalog & Database> {
  const folder = temporaryFolder();
  const database = open({}, folder.path);
  return {
    ...database,
    script: (text) => database.write((connection) => connection.script(text)),
    async close() {
      await database.close();
      folder.remove();
    },
  };
}

function open(settings: Partial<Config>, dataDir: string): Database {
  const parts = { guard: openGuard, dataDir, clock: systemClock, log: silentLogger };
  return openDatabase(config.parse(settings), parts);
}
