import { type ErrorCode, isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import { TOO_LARGE } from "../drivers/statement.ts";

/** What a Postgres error says besides its message. */
interface PostgresError extends Error {
  readonly severity: string;
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  /** What was being done: `portal "page" parameter $2 = '...'`. */
  readonly where?: string;
}

/** What went wrong with a statement, or with its connection, as one of our errors. */
export function toDatabaseError(error: unknown): TrestleError {
  if (isTrestleError(error)) return error;
  if (!isPostgresError(error)) return lostOrBroken(error);
  const engine = /^XT00([YN])$/.exec(error.code);
  if (engine)
    return new TrestleError("unavailable", error.message, { retryable: engine[1] === "Y" });
  const parameter = /\bportal (?:".*" )?parameter \$(\d+)/.exec(error.where ?? "")?.[1];
  const place = Number(error.position) > 0 ? ` (at character ${error.position})` : "";
  const parts = [`${error.message}${place}`, error.detail, error.hint, nextSteps[error.code]];
  return new TrestleError(codeOf(error.code), toSentences(parts), {
    details: {
      sqlState: error.code,
      ...(parameter === undefined ? {} : { parameter: Number(parameter) }),
    },
    ...(RETRYABLE.has(error.code) ? { retryable: true } : {}),
    ...(NOT_RETRYABLE.has(error.code) ? { retryable: false } : {}),
  });
}

/** True where there was more to read than is taken at once; in smaller bits it may go well. */
export function isTooLarge(error: unknown): boolean {
  return isTrestleError(error) && (error.cause as { code?: unknown })?.code === TOO_LARGE;
}

/** Postgres ends details and hints with a full stop, and messages without one. */
function toSentences(parts: readonly (string | undefined)[]): string {
  return parts
    .flatMap((part) => part || [])
    .map((part) => (/[.!?:]$/.test(part) ? part : `${part}.`))
    .join(" ");
}

/** True where the connection ended under the work: what was not committed did not happen. */
export function isConnectionLost(error: unknown): boolean {
  if (!isTrestleError(error)) return false;
  const { connection, sqlState } = error.details ?? {};
  return connection === "lost" || /^57P0[123]$/.test(String(sqlState));
}

function lostOrBroken(error: unknown): TrestleError {
  const message = messageOf(error);
  if ((error as { code?: unknown }).code === TOO_LARGE)
    return new TrestleError(
      "invalid_input",
      "The rows are too large to be taken at once. Select fewer columns or shorter values: substr(column, 1, 1000), left(), a LIMIT.",
      { cause: error },
    );
  // A WebSocket fails with an event, and with no word of why.
  if (!(error instanceof Error) || LOST.test(message))
    return new TrestleError(
      "unavailable",
      "The connection to the database ended while it was used; what was not committed did not happen. Try again.",
      { details: { connection: "lost" } },
    );
  return new TrestleError("internal", `The database's driver failed: ${message}`);
}

const LOST = /not queryable|terminated|timeout|ECONN|EPIPE|socket|closed|WebSocket|premature/i;

const nextSteps: Readonly<Record<string, string>> = {
  "40001": "Another transaction changed the same rows: run it again.",
  "40P01": "Two transactions waited for each other: run it again.",
  "42P01": "list_tables shows what there is.",
  "42703": "describe_table shows the columns.",
  "25006": "Nothing can be written here: the work or the whole database is read-only.",
  "25P03": "Try again, and let the work go on without long pauses.",
  "53100": "The server's disk is full: free space there, or let the statement set aside less.",
  "53200": "Make the statement read or build less.",
  "53400": "Make the statement sort, join or set aside less: a narrower WHERE, a LIMIT inside.",
  "55P03": "Another session holds the lock: try again later.",
  "57P01": "The server ended the connection; what was not committed did not happen. Try again.",
};

/** Of these, the same statement may go well another time. */
const RETRYABLE = new Set(["40001", "40P01", "55P03"]);

/** Of these it will not, although others with their code may. */
const NOT_RETRYABLE = new Set(["53100", "57014"]);

const codes: Readonly<Record<string, ErrorCode>> = {
  "25006": "denied",
  "25P03": "unavailable",
  "40001": "conflict",
  "40P01": "conflict",
  "42501": "denied",
  "42P01": "not_found",
  // Memory and temporary files have a bound for each statement: trying again would not help.
  "53200": "invalid_input",
  "53400": "invalid_input",
  "55P03": "conflict",
  "57014": "timeout",
  "57P01": "unavailable",
  "57P02": "unavailable",
  "57P03": "unavailable",
};

/** Classes of SQLSTATE whose cause is the statement or its parameters. */
const CALLERS_FAULT = new Set([
  "08",
  "0A",
  "20",
  "21",
  "22",
  "23",
  "25",
  "2F",
  "38",
  "42",
  "44",
  "54",
  "P0",
]);

function codeOf(sqlState: string): ErrorCode {
  const known = codes[sqlState];
  if (known) return known;
  const sqlClass = sqlState.slice(0, 2);
  if (CALLERS_FAULT.has(sqlClass)) return "invalid_input";
  return sqlClass === "53" ? "unavailable" : "internal";
}

function isPostgresError(error: unknown): error is PostgresError {
  if (!(error instanceof Error) || !("severity" in error && "code" in error)) return false;
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code);
}
