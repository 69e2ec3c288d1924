import { type Logger, messageOf, TrestleError } from "@trestle/protocol";
import type { Client, Pool, PoolClient, QueryConfig, QueryResultRow } from "pg";
import { postgresMigrations } from "./migrations.ts";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  readonly log: Logger;
  readonly maxConnections?: number;
  /** How long a statement may take, and how often a connection that only listens is tried; 10 s where left out. */
  readonly statementMs?: number;
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
/** Whoever waits longer for a statement waits at a connection that is lost without a word. */
const STATEMENT_MS = 10_000;
/** What the server needs to give up by itself comes first. */
const MARGIN_MS = 1_000;
const MOST_TRIES = 5;
/** Serialization failure, deadlock, and a plan that was forgotten at that moment. */
const GIVES_WAY: readonly string[] = ["40001", "40P01", "23503"];

/** Connects, and makes or migrates the tables. */
export async function openPostgres(options: PostgresOptions): Promise<Postgres> {
  const { url, log, maxConnections = 6, statementMs = STATEMENT_MS } = options;
  const { default: pg } = await import("pg");
  const settings = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: statementMs,
  };
  const pool: Pool = new pg.Pool({ ...settings, max: maxConnections, allowExitOnIdle: true });
  // Of those that are lent as well: between two statements of a transaction nobody else would hear it.
  pool.on("connect", (client) =>
    client.on("error", (error) => log.debug("a connection broke", { error: messageOf(error) })),
  );
  pool.on("error", () => {});
  const bounds = boundsOf(statementMs);
  const listeners: (() => Promise<void>)[] = [];

  async function within<Result>(
    allowed: Bounds,
    work: (query: Query) => Promise<Result>,
  ): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await inTransaction(pool, allowed, work);
      } catch (error) {
        if (tries < MOST_TRIES && GIVES_WAY.includes(codeOf(error))) continue;
        throw toError(error);
      }
    }
  }

  const postgres: Postgres = {
    async query(sql, values = []) {
      try {
        return (await pool.query(statement(sql, values, bounds.answerMs))).rows;
      } catch (error) {
        throw toError(error);
      }
    },
    transaction: (work) => within(bounds, work),
    listen: (channel, hear) =>
      void listeners.push(
        keepListening(() => new pg.Client(settings), { channel, statementMs }, hear),
      ),
    async close() {
      await Promise.all(listeners.map((stop) => stop()));
      await pool.end();
    },
  };
  try {
    // Large tables take their time to be changed.
    await within({ begin: "BEGIN" }, migrate);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return postgres;
}

interface Bounds {
  /** What begins it. */
  readonly begin: string;
  /** How long an answer may take; without end where left out. */
  readonly answerMs?: number;
}

/** Locks of whoever is gone are not held for ever. Said in each transaction: poolers take no settings of sessions. */
function boundsOf(statementMs: number): Required<Bounds> {
  const settings = ["statement_timeout", "idle_in_transaction_session_timeout"];
  const begin = ["BEGIN", ...settings.map((name) => `SET LOCAL ${name} = ${statementMs}`)];
  return { begin: begin.join("; "), answerMs: statementMs + MARGIN_MS };
}

async function inTransaction<Result>(
  pool: Pool,
  { begin, answerMs }: Bounds,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  const client: PoolClient = await pool.connect();
  let broken: Error | undefined;
  const ask = async (sql: string) => client.query(statement(sql, undefined, answerMs));
  try {
    await ask(begin);
    const result = await work(
      async (sql, values = []) => (await client.query(statement(sql, values, answerMs))).rows,
    );
    await ask("COMMIT");
    return result;
  } catch (error) {
    // Behind a statement that is not answered nothing else is.
    if (isSilence(error)) broken = error;
    else
      await ask("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The driver's types leave it out. */
interface TimedQuery extends QueryConfig {
  readonly query_timeout?: number;
}

/** One with values is parsed once for each connection. */
function statement(
  sql: string,
  values: readonly unknown[] | undefined,
  answerMs: number | undefined,
): TimedQuery {
  return {
    text: sql,
    ...(values && { name: nameOf(sql), values: [...values] }),
    ...(answerMs !== undefined && { query_timeout: answerMs }),
  };
}

/** As the driver words it; it has no code for it. */
function isSilence(error: unknown): error is Error {
  return error instanceof Error && error.message === "Query read timeout";
}

/** One at a time makes the tables; a newer program's are refused. */
async function migrate(query: Query): Promise<void> {
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
    for (const part of sql.split(";").filter((each) => each.trim() !== "")) await query(part);
    await query("INSERT INTO trestle.migration VALUES ($1)", [index + 1]);
  }
}

/** Opens the connection again whenever it breaks; gives the function that ends it. */
function keepListening(
  connect: () => Client,
  { channel, statementMs }: { readonly channel: string; readonly statementMs: number },
  hear: (payload: string) => void,
): () => Promise<void> {
  const { answerMs } = boundsOf(statementMs);
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

  /** Nothing would tell that a connection is lost on which nothing is asked. */
  function watch(opened: Client): void {
    let trying: NodeJS.Timeout;
    const plan = (): void => {
      trying = setTimeout(() => {
        opened.query(statement("SELECT 1", undefined, answerMs)).then(plan, () => opened.end());
      }, statementMs);
      trying.unref();
    };
    plan();
    opened.once("end", () => clearTimeout(trying));
  }

  async function open(): Promise<void> {
    const opened = connect();
    client = opened;
    opened.on("error", () => {});
    opened.on("end", again);
    opened.on("notification", ({ payload }) => hear(payload ?? ""));
    try {
      await opened.connect();
      await opened.query(statement(`LISTEN ${channel}`, undefined, answerMs));
      watch(opened);
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
