import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isTrestleError, silentLogger, systemClock } from "@trestle/protocol";
import type { ClientBase, QueryResult } from "pg";
import type { Driver } from "../../src/drivers/driver.ts";
import { createEmbeddedDriver } from "../../src/drivers/embedded/embedded.ts";
import { temporaryFolder } from "../../src/postgres/_temporary-folder.ts";
import { sums } from "./_dump.ts";
import { CLEAN, look as lookQuery, SCHEMA } from "./_state.ts";
import { MARKER, type Session, type World } from "./_world.ts";
import type { Attack } from "./corpus/index.ts";

export interface EmbeddedWorld extends World {
  readonly dataDir: string;
}

const EXTENSIONS = "tablefunc pageinspect pg_visibility pg_surgery amcheck pg_walinspect pg_trgm";
/** What does not end by itself is stopped, and the engine with it. */
const SESSION_MS = 6_000;
/** Nobody has such a session: whoever looks for it finds none. */
const NO_VICTIM = "victim_embedded";

interface EmbeddedSession extends Session {
  readonly client: ClientBase;
}

/** The same to attack in the embedded Postgres, which has one session at a time and no other programs beside it. */
export async function createEmbeddedWorld(): Promise<EmbeddedWorld> {
  const folder = temporaryFolder();
  const heard: string[] = [];
  let stopped = 0;
  const driver = open(folder.path);

  const script = (sql: string) =>
    driver.use(({ client }) => client.query(sql), { timeoutMs: 60_000 });
  await script("CREATE SCHEMA ext");
  let files = openFiles(folder.path, 1);

  const ask = async (sql: string): Promise<string> => {
    const answer = await driver.use((connection) => connection.run(sql), { timeoutMs: 60_000 });
    return answer.rows[0]?.[0] ?? "";
  };

  async function connect(attack: Attack): Promise<EmbeddedSession> {
    const { promise: done, resolve: leave } = Promise.withResolvers<void>();
    const { promise: opened, resolve, reject } = Promise.withResolvers<ClientBase>();
    const work = driver.use(
      async ({ client }) => {
        resolve(client);
        await done;
      },
      { timeoutMs: SESSION_MS },
    );
    work.catch(reject);
    const client = await opened;
    const hear = ({ payload }: { payload?: string | undefined }) => void heard.push(payload ?? "");
    client.on("notification", hear);
    // There is no other session that could.
    if (attack.calls.some((call) => /notify/i.test(call))) await client.query("LISTEN evil");
    const query = (sql: string) =>
      client.query(sql).catch((error: Error) => {
        if (isOver(error)) stopped += 1;
        throw error;
      });
    const end = async () => {
      client.off("notification", hear);
      leave();
      await work.catch(() => {});
    };
    return { client, query, end };
  }

  async function look(session?: Session): Promise<string> {
    const query = lookQuery({ own: true });
    const seen = (client: ClientBase): Promise<QueryResult> => client.query(query, [NO_VICTIM]);
    const looking = session
      ? seen((session as EmbeddedSession).client)
      : driver.use(({ client }) => seen(client), { timeoutMs: 60_000 });
    // What is gone cannot be looked at, which is an effect; a session that has failed tells nothing.
    const state = await looking.then(
      ({ rows }) => rows[0].state as string,
      (error: Error) => {
        if (session && (isOver(error) || (error as { code?: string }).code === "25P02"))
          throw error;
        return error.message;
      },
    );
    const ends = stopped === 0 ? [] : [`stopped ${stopped}`];
    return [state, ...files.look(), ...heard.map((payload) => `heard ${payload}`), ...ends].join(
      "\n",
    );
  }

  async function reset(): Promise<void> {
    await script(`${CLEAN} DROP ROLE IF EXISTS evil_postgres`);
    await script("ALTER DATABASE postgres RESET ALL");
    await script(SCHEMA);
    files = openFiles(folder.path, files.generation + 1);
    heard.length = 0;
    stopped = 0;
  }

  for (const each of EXTENSIONS.split(" "))
    await script(`CREATE EXTENSION ${each} SCHEMA pg_catalog`);
  await script(`
    CREATE FOREIGN DATA WRAPPER remote; CREATE SERVER elsewhere FOREIGN DATA WRAPPER remote OPTIONS (host '${MARKER}');
    CREATE USER MAPPING FOR postgres SERVER elsewhere OPTIONS (password '${MARKER}');
    CREATE ROLE postgres_hash LOGIN PASSWORD 'x'`);
  await reset();

  return {
    dataDir: folder.path,
    connect,
    look,
    reset,
    fill: (sql) =>
      sql
        .replaceAll("{db}", "postgres")
        .replaceAll("{dir}", files.inside)
        .replaceAll("{file}", `${files.inside}/private.txt`)
        .replaceAll("{victim}", NO_VICTIM)
        .replaceAll("{self}", "user=postgres dbname=postgres"),
    dump: () => sums(ask),
    async close() {
      await driver.close();
      folder.remove();
    },
  };
}

/**
 * A folder with a file in it that nobody may read. Each generation is another one: the engine remembers
 * names that it has seen.
 */
function openFiles(dataDir: string, generation: number) {
  const inside = `attacked/${generation}`;
  const dir = join(dataDir, "postgres", inside);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "private.txt"), `${MARKER}\n`);
  const look = () =>
    readdirSync(dir)
      .sort()
      .map((each) => `file ${each} ${readFileSync(join(dir, each), "latin1")}`);
  // Where the engine sees its folder.
  return { generation, inside: `/pglite/data/${inside}`, look };
}

const open = (dataDir: string): Driver =>
  createEmbeddedDriver({
    dataDir,
    maxConnections: 2,
    idleTimeoutMs: 60_000,
    connectionTimeoutMs: 60_000,
    clock: systemClock,
    log: silentLogger,
  });

/** Did the engine end under the statement, or had to be ended? */
function isOver(error: Error): boolean {
  const { code } = error as { code?: string };
  return isTrestleError(error) || code === undefined || /^(XT00|57014)/.test(code);
}
