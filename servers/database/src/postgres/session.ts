import { messageOf, TrestleError } from "@trestle/protocol";
import type { Connection } from "../drivers/driver.ts";
import type { TransactionOptions } from "./database.ts";
import { isConnectionLost, toDatabaseError } from "./failures.ts";

/**
 * The settings make the server read the text as the guard's parser did, and print values in the forms
 * that we read. They last as long as the transaction.
 */
const SETTINGS = {
  standard_conforming_strings: "on",
  timezone: "UTC",
  datestyle: "ISO, YMD",
  intervalstyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
};

interface Times {
  readonly timeoutMs: number;
}

/** The settings of one transaction. The server's own bounds stand behind ours: they hold where this process is gone. */
export function settingsQuery({ timeoutMs }: Times): string {
  const all = {
    ...SETTINGS,
    statement_timeout: String(timeoutMs + 1_000),
    // Whoever waits for a lock is told so, and not that the statement is slow.
    lock_timeout: String(Math.ceil(timeoutMs * 0.9)),
    idle_in_transaction_session_timeout: String(timeoutMs + 5_000),
  };
  const calls = Object.entries(all).map(
    ([name, value]) => `set_config('${name}', '${value}', true)`,
  );
  return `SELECT ${calls.join(", ")}`;
}

function toBegin(kind: string, times: Times): string {
  return `BEGIN TRANSACTION ${kind}; ${settingsQuery(times)}`;
}

/**
 * In one round trip: what is read-only is pinned by a first query, after which nothing can make the
 * transaction a writing one.
 */
export async function inRead<Result>(
  connection: Connection,
  times: Times,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.script(toBegin("READ ONLY", times));
  try {
    return await work();
  } finally {
    await rollBack(connection);
  }
}

type Writing = Pick<TransactionOptions, "isolation" | "dryRun"> &
  Times & {
    readonly readOnly?: boolean;
  };

/** Commits what the work did, or rolls it back where it failed or was a rehearsal. */
export async function inWrite<Result>(
  connection: Connection,
  { isolation, dryRun, readOnly, ...times }: Writing,
  work: () => Promise<Result>,
): Promise<Result> {
  const level = isolation === undefined ? "" : `ISOLATION LEVEL ${isolation.toUpperCase()} `;
  await connection.script(toBegin(`${level}${readOnly ? "READ ONLY" : "READ WRITE"}`, times));
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    await rollBack(connection);
    throw error;
  }
  if (dryRun) await rollBack(connection);
  else await commit(connection);
  return result;
}

async function rollBack(connection: Connection): Promise<void> {
  // A connection that can not even do this is thrown away by its pool.
  await connection.script("ROLLBACK").catch(() => {});
}

async function commit({ client }: Connection): Promise<void> {
  let tag: string;
  try {
    ({ command: tag } = await client.query("COMMIT"));
  } catch (error) {
    const failure = toDatabaseError(error);
    throw isConnectionLost(failure) ? outcomeUnknown(error) : failure;
  }
  if (tag !== "COMMIT")
    throw new TrestleError(
      "conflict",
      "The transaction had failed before its end: nothing of it was kept.",
    );
}

/** The one moment at which nobody can know: the word was sent, and no answer came. */
export function outcomeUnknown(cause: unknown): TrestleError {
  return new TrestleError(
    "outcome_unknown",
    `The connection ended while the change was being committed: it may or may not have happened. Look before you call again. (${messageOf(cause)})`,
    { cause },
  );
}
