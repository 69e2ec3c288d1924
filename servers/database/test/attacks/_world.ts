import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  askPostgres,
  createLocalDatabase,
  LOCAL_POSTGRES as SERVER,
} from "@trestle/testkit/local-postgres";
import pg from "pg";
import { backup, sums } from "./_dump.ts";
import { CLEAN, look as lookQuery, SCHEMA } from "./_state.ts";
import type { Attack } from "./corpus/index.ts";

export { LOCAL_POSTGRES as SERVER } from "@trestle/testkit/local-postgres";

/** Stands in what nobody may read: a file of the server, options of servers and their users. */
export const MARKER = "correct-horse-battery";

/** A session that nothing guards, in the simple protocol. */
export interface Session {
  query(sql: string): Promise<pg.QueryResult | pg.QueryResult[]>;
  end(): Promise<unknown>;
}

/** A database made to be attacked, and everything that tells whether an attack had an effect. */
export interface World {
  /** Fills in what the corpus leaves open: `{db}`, `{dir}`, `{file}`, `{victim}`, `{self}`. */
  fill(sql: string): string;
  /** A session for an attack. */
  connect(attack: Attack): Promise<Session>;
  /**
   * Everything outside the asking session, as a text to compare; of a database with one session at a time,
   * also what that session holds.
   */
  look(session?: Session): Promise<string>;
  /** All that a backup would hold, and sums of every catalog. */
  dump(): Promise<string>;
  /** As it was at the beginning. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface ServerWorld extends World {
  readonly name: string;
  readonly url: string;
  script(sql: string): Promise<pg.QueryResult>;
}

const EXTENSIONS =
  "dblink tablefunc xml2 adminpack pageinspect pg_prewarm pg_visibility pg_surgery amcheck pg_walinspect postgres_fdw pg_trgm hstore";

export async function createWorld(): Promise<ServerWorld> {
  const { name, url, drop } = await createLocalDatabase({ prefix: "trestle_attacks" });
  const victimName = `victim_${name.slice(-12)}`;
  const dir = mkdtempSync(join(tmpdir(), "trestle-attacks-"));
  const file = join(dir, "private.txt");
  chmodSync(dir, 0o777);
  const { hostname, port } = new URL(url);
  const heard: string[] = [];
  const observer = await open(url);
  observer.on("notification", ({ payload }) => heard.push(payload ?? ""));
  const ask = async (sql: string): Promise<string> => {
    const { rows } = await observer.query<[string]>({ text: sql, rowMode: "array" });
    return rows[0]?.[0] ?? "";
  };
  const major = Math.floor(Number(await ask("SHOW server_version_num")) / 10_000);
  let victim = await open(url, victimName);

  async function setUp(): Promise<void> {
    await observer.query(SCHEMA);
    writeFileSync(file, `${MARKER}\n`, { mode: 0o666 });
    chmodSync(file, 0o666);
  }

  async function look(): Promise<string> {
    // What is gone, or locked, cannot be looked at, which is an effect like any other.
    const state = await observer.query(lookQuery(), [victimName]).then(
      ({ rows }) => rows[0].state,
      (error: Error) => error.message,
    );
    const files = readdirSync(dir)
      .sort()
      .map((each) => `file ${each} ${contentOf(join(dir, each))}`);
    return [state, ...files, ...heard.map((payload) => `heard ${payload}`)].join("\n");
  }

  async function reset(): Promise<void> {
    await observer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid() AND application_name <> $1`,
      [victimName],
    );
    await observer.query(`${CLEAN} DROP ROLE IF EXISTS evil_${name}`);
    await observer.query(`ALTER DATABASE ${name} RESET ALL`);
    await observer.query(`ALTER DATABASE ${name} SET search_path = "$user", public, ext`);
    for (const each of readdirSync(dir)) rmSync(join(dir, each), { recursive: true });
    await setUp();
    heard.length = 0;
    const alive = await victim.query("SELECT 1").then(
      () => true,
      () => false,
    );
    if (!alive) victim = await open(url, victimName);
  }

  await observer.query(
    `CREATE SCHEMA ext; ALTER DATABASE ${name} SET search_path = "$user", public, ext;`,
  );
  for (const each of EXTENSIONS.split(" "))
    await observer
      .query(`CREATE EXTENSION IF NOT EXISTS ${each} SCHEMA ext CASCADE`)
      .catch(() => observer.query(`CREATE EXTENSION IF NOT EXISTS ${each}`).catch(() => {}));
  await observer.query(`
    SET search_path = "$user", public, ext; SET lock_timeout = '300ms'; SET synchronous_commit = off;
    CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${MARKER}');
    CREATE USER MAPPING FOR postgres SERVER elsewhere OPTIONS (password '${MARKER}');
    CREATE SUBSCRIPTION feed CONNECTION 'host=${MARKER}' PUBLICATION p WITH (connect = false);
    LISTEN evil;
    SET password_encryption = 'scram-sha-256';
    CREATE ROLE ${name}_hash LOGIN PASSWORD 'x'`);
  await setUp();

  return {
    name,
    url,
    connect: () => open(url),
    look,
    reset,
    fill: (sql) =>
      sql
        .replaceAll("{db}", name)
        .replaceAll("{dir}", dir)
        .replaceAll("{file}", file)
        .replaceAll("{victim}", victimName)
        .replaceAll(
          "{self}",
          `host=${hostname} port=${port || "5432"} user=postgres dbname=${name}`,
        ),
    dump: async () => `${await sums(ask)}\n${backup(url, major)}`,
    script: (sql) => observer.query(sql),
    async close() {
      await observer.query(
        "ALTER SUBSCRIPTION feed SET (slot_name = NONE); DROP SUBSCRIPTION feed",
      );
      await observer.end();
      await victim.end().catch(() => {});
      await drop();
      await once("postgres", `DROP ROLE ${name}_hash`);
      rmSync(dir, { recursive: true });
    },
  };
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "?";
  }
}

async function open(url: string, applicationName = "attacks"): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: applicationName });
  // What terminates a backend ends its client too.
  client.on("error", () => {});
  await client.connect();
  return client;
}

export async function once(database: string, sql: string): Promise<void> {
  await askPostgres(`${SERVER}/${database}`, sql);
}
