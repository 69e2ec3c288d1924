import { type Clock, type Logger, messageOf, TrestleError } from "@trestle/protocol";
import type { Pool, PoolClient, QueryResultRow } from "pg";

/** Rows of one statement; values by position. */
export type Query = <Row extends QueryResultRow = QueryResultRow>(
  sql: string,
  values?: readonly unknown[],
) => Promise<Row[]>;

/** The Postgres that bridges share. Nothing here waits longer than its bounds, whatever Postgres does. */
export interface Connection {
  /** Host, port and database: no credentials. */
  readonly where: string;
  /** Rejects with `unavailable` where it does not answer in time, with `invalid_input` where it refuses the data. */
  readonly query: Query;
  /** All or nothing. */
  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a statement may take; 10 s by default. */
  readonly statementMs?: number;
}

const CONNECT_MS = 3_000;
const STATEMENT_MS = 10_000;
/** What the server needs to give up by itself comes first. */
const MARGIN_MS = 1_000;
const CLOSE_MS = 2_000;
/** One that copies, and those of people who read. */
const MOST_CONNECTIONS = 4;

/** The driver is loaded, and connects, with the first statement. */
export function createConnection(options: ConnectionOptions): Connection {
  const { url, clock } = options;
  const where = whereOf(url);
  let opening: Promise<Pool> | undefined;
  let closed: Promise<void> | undefined;
  const pool = (): Promise<Pool> => {
    opening ??= openPool(options);
    return opening;
  };

  return {
    where,
    async query(sql, values = []) {
      try {
        return (await (await pool()).query({ text: sql, values: [...values] })).rows;
      } catch (error) {
        throw toError(error, where);
      }
    },
    async transaction(work) {
      try {
        return await inTransaction(await pool(), work);
      } catch (error) {
        throw toError(error, where);
      }
    },
    close() {
      closed ??= opening === undefined ? Promise.resolve() : endSoon(opening, clock);
      return closed;
    },
  };
}

async function openPool({
  url,
  log,
  statementMs = STATEMENT_MS,
}: ConnectionOptions): Promise<Pool> {
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({
    connectionString: url,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: statementMs,
    query_timeout: statementMs + MARGIN_MS,
    application_name: "trestle",
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // One that breaks while nobody uses it is replaced by the next use; one that is lent fails its statement.
  pool.on("error", (error) => log.debug("a connection broke", { error: messageOf(error) }));
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** A statement under way ends by its bound; nobody waits for it. */
function endSoon(opening: Promise<Pool>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(CLOSE_MS, resolve);
    const done = () => {
      cancel();
      resolve();
    };
    opening.then((pool) => pool.end()).then(done, done);
  });
}

async function inTransaction<Result>(
  pool: Pool,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  const client: PoolClient = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("BEGIN");
    const result = await work(async (sql, values = []) => {
      return (await client.query({ text: sql, values: [...values] })).rows;
    });
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** What may be told of an address. */
function whereOf(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed) return "its address";
  return `${parsed.hostname || "localhost"}:${parsed.port || 5432}${parsed.pathname}`;
}

function toError(error: unknown, where: string): unknown {
  if (error instanceof TrestleError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const isData = /^2[23]/.test(code);
  const what = isData ? "refused a row" : "does not answer";
  return new TrestleError(
    isData ? "invalid_input" : "unavailable",
    `Postgres at ${where} ${what}: ${messageOf(error)}`,
    { cause: error, details: code === "" ? {} : { postgres: code } },
  );
}
