import { type Logger, messageOf, TrestleError } from "@trestle/protocol";
import type { Client, Pool, PoolClient, QueryResultRow } from "pg";
import { postgresMigrations } from "./migrations.ts";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  readonly log: Logger;
  readonly maxConnections?: number;
}

/** Rows of one statement; values by position. Lists travel as one value each. */
export type Query = <Row extends QueryResultRow = QueryResultRow>(
  sql: string,
  values?: readonly unknown[],
) => Promise<Row[]>;

/** One database that any number of processes work on. Rejects with `unavailable` where it does not answer. */
export interface Postgres {
  readonly query: Query;
  /** All or nothing. What gives way to another transaction is tried again. */
  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;
  /** Hears of notifications as long as the connection stands; what is told meanwhile is not told again. */
  listen(channel: string, hear: (payload: string) => void): void;
  close(): Promise<void>;
}

const CONNECT_MS = 5_000;
const RECONNECT_MS = 500;
const MOST_TRIES = 5;
/** Serialization failure, deadlock, and a plan that was forgotten at that moment. */
const GIVES_WAY: readonly string[] = ["40001", "40P01", "23503"];

/** Connects, and makes or migrates the tables. */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  const { url, log, maxConnections = 6 } = options;
  const { default: pg } = await import("pg");
  const settings = { connectionString: url, connectionTimeoutMillis: CONNECT_MS, keepAlive: true };
  const pool: Pool = new pg.Pool({ ...settings, max: maxConnections, allowExitOnIdle: true });
  // Of those that are lent as well: between two statements of a transaction nobody else would hear it.
  pool.on("connect", (client) =>
    client.on("error", (error) => log.debug("a connection broke", { error: messageOf(error) })),
  );
  pool.on("error", () => {});
  const listeners: (() => Promise<void>)[] = [];

  async function transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await inTransaction(pool, work);
      } catch (error) {
        if (tries < MOST_TRIES && GIVES_WAY.includes(codeOf(error))) continue;
        throw toError(error);
      }
    }
  }

  const postgres: Postgres = {
    async query(sql, values = []) {
      try {
        return (await pool.query({ name: nameOf(sql), text: sql, values: [...values] })).rows;
      } catch (error) {
        throw toError(error);
      }
    },
    transaction,
    listen: (channel, hear) =>
      void listeners.push(keepListening(() => new pg.Client(settings), channel, hear)),
    async close() {
      await Promise.all(listeners.map((stop) => stop()));
      await pool.end();
    },
  };
  try {
    await migrate(postgres);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return postgres;
}

async function inTransaction<Result>(
  pool: Pool,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  const client: PoolClient = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("BEGIN");
    const result = await work(
      async (sql, values = []) =>
        (await client.query({ name: nameOf(sql), text: sql, values: [...values] })).rows,
    );
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

/** One at a time makes the tables; a newer program's are refused. */
async function migrate({ transaction }: Postgres): Promise<void> {
  await transaction(async (query) => {
    await query("SELECT pg_advisory_xact_lock(hashtext('trestle.migration'))");
    await query("CREATE SCHEMA IF NOT EXISTS trestle");
    await query("CREATE TABLE IF NOT EXISTS trestle.migration (number integer PRIMARY KEY)");
    const rows = await query<{ number: number }>(
      "SELECT coalesce(max(number), 0) AS number FROM trestle.migration",
    );
    const done = rows[0]?.number ?? 0;
    if (done > postgresMigrations.length) {
      const problem = "The tables in this database were made by a newer version; update this one";
      throw new TrestleError("unavailable", problem, { retryable: false });
    }
    for (const [index, sql] of postgresMigrations.entries()) {
      if (index < done) continue;
      for (const statement of sql.split(";").filter((part) => part.trim() !== ""))
        await query(statement);
      await query("INSERT INTO trestle.migration VALUES ($1)", [index + 1]);
    }
  });
}

/** Opens the connection again whenever it breaks; gives the function that ends it. */
function keepListening(
  connect: () => Client,
  channel: string,
  hear: (payload: string) => void,
): () => Promise<void> {
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  function again(): void {
    client = undefined;
    if (ended) return;
    clearTimeout(timer);
    timer = setTimeout(() => void open(), RECONNECT_MS);
    timer.unref();
  }

  async function open(): Promise<void> {
    const opened = connect();
    client = opened;
    opened.on("error", () => {});
    opened.on("end", again);
    opened.on("notification", ({ payload }) => hear(payload ?? ""));
    try {
      await opened.connect();
      await opened.query(`LISTEN ${channel}`);
    } catch {
      await opened.end().catch(() => {});
      if (client === opened) again();
    }
  }

  const opening = open();
  return async () => {
    ended = true;
    clearTimeout(timer);
    await opening;
    await client?.end().catch(() => {});
  };
}

const names = new Map<string, string>();

/** Statements are parsed once for each connection. */
function nameOf(sql: string): string {
  const known = names.get(sql) ?? `trestle_${names.size}`;
  names.set(sql, known);
  return known;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function toError(error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof TrestleError) return error;
  if (code === "23505") return new TrestleError("conflict", messageOf(error), { cause: error });
  const isOurs = /^(22|23|42)/.test(code);
  return new TrestleError(
    isOurs ? "internal" : "unavailable",
    isOurs
      ? `Postgres refused a statement: ${messageOf(error)}`
      : `Postgres does not answer: ${messageOf(error)}; see that it runs and that its address is right`,
    { cause: error },
  );
}
