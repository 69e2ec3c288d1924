import { messageOf, TrestleError } from "@trestle/protocol";
import type { Connection } from "../drivers/driver.ts";
import type { TransactionOptions } from "./database.ts";
import { isConnectionLost, toDatabaseError } from "./failures.ts";

/** Make the server read the text of a statement as the guard's parser did. */
const READING = { client_encoding: "UTF8", standard_conforming_strings: "on" };

/** Besides, values come in the forms that we read. All of it lasts as long as the transaction. */
const SETTINGS = setEach({
  ...READING,
  timezone: "UTC",
  datestyle: "ISO, YMD",
  intervalstyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
});

interface Times {
  readonly timeoutMs: number;
}

/** The settings of one transaction. The server's own bounds stand behind ours: they hold where this process is gone. */
export function settingsQuery({ timeoutMs }: Times): string {
  const bounds = setEach({
    statement_timeout: String(timeoutMs + 1_000),
    // Whoever waits for a lock is told so, and not that the statement is slow.
    lock_timeout: String(Math.ceil(timeoutMs * 0.9)),
    idle_in_transaction_session_timeout: String(timeoutMs + 5_000),
  });
  return `SELECT ${SETTINGS}, ${bounds}`;
}

function setEach(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join(", ");
}

const READ_AS_CHECKED = `SELECT ${setEach(READING)}`;

/** For every statement of a transaction but the first: code that one before it called may have changed how text is read. */
export function readAsChecked(connection: Connection): void {
  connection.ahead([READ_AS_CHECKED]);
}

/** What is read-only is pinned by a first query, after which nothing can make the transaction a writing one. */
function toBegin(kind: string, times: Times): string[] {
  return [`BEGIN TRANSACTION ${kind}`, settingsQuery(times)];
}

/** It begins in the round trip of its first statement, which does not run where it can not begin; its driver rolls it back. */
export async function inRead<Result>(
  connection: Connection,
  times: Times,
  work: () => Promise<Result>,
): Promise<Result> {
  connection.ahead(toBegin("READ ONLY", times));
  return work();
}

type Writing = Pick<TransactionOptions, "isolation" | "dryRun"> &
  Times & {
    readonly readOnly?: boolean;
  };

/** Commits what the work did; where it failed or was a rehearsal, its driver rolls it back. */
export async function inWrite<Result>(
  connection: Connection,
  { isolation, dryRun, readOnly, ...times }: Writing,
  work: () => Promise<Result>,
): Promise<Result> {
  const level = isolation === undefined ? "" : `ISOLATION LEVEL ${isolation.toUpperCase()} `;
  const begin = toBegin(`${level}${readOnly ? "READ ONLY" : "READ WRITE"}`, times);
  // Before the work: whoever knows that the connection was lost by then may begin again.
  await connection.script(begin.join("; "));
  const result = await work();
  if (!dryRun) await commit(connection);
  return result;
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
