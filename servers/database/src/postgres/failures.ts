import { type ErrorCode, isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import { TOO_LARGE } from "../drivers/statement.ts";
import type { RawFailure } from "./wire.ts";

/** What a Postgres error says besides its message. */
interface PostgresError extends Error {
  readonly severity: string;
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
}

/** An error of the database as one of ours. */
export function toFailure(error: unknown): RawFailure {
  if (isTrestleError(error)) {
    const { code, message, retryable, details } = error;
    return { code, message, retryable, ...(details ? { details } : {}) };
  }
  if (!isPostgresError(error)) return fromCrash(error);
  const parts = [
    error.message,
    Number(error.position) > 0 ? `(at character ${error.position})` : undefined,
    error.detail,
    error.hint,
    nextSteps[error.code],
  ];
  return {
    code: codeOf(error.code),
    message: parts.filter((part) => part !== undefined && part !== "").join(" "),
    details: { sqlState: error.code },
  };
}

/** What went wrong with a statement, or with its connection, as one of our errors. */
export function toDatabaseError(error: unknown): TrestleError {
  if (isTrestleError(error)) return error;
  if (!isPostgresError(error)) return lostOrBroken(error);
  const { code, message, fatal: _, ...facts } = toFailure(error);
  return new TrestleError(code, message, facts);
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
    );
  if (/not queryable|terminated|timeout|ECONN|EPIPE|socket|closed|WebSocket/i.test(message))
    return new TrestleError(
      "unavailable",
      "The connection to the database ended while it was used; what was not committed did not happen. Try again.",
      { details: { connection: "lost" } },
    );
  return new TrestleError("internal", `The database's driver failed: ${message}`);
}

const nextSteps: Readonly<Record<string, string>> = {
  "42P01": "list_tables shows what there is.",
  "42703": "describe_table shows the columns.",
  "25006": "This database is read-only.",
  "40001": "Another transaction changed the same rows: run it again.",
  "40P01": "Two transactions waited for each other: run it again.",
  "53100": "The server's disk is full: free space there, or let the statement set aside less.",
  "55P03": "Another session holds the lock: try again later.",
  "57P01": "The server ended the connection; what was not committed did not happen. Try again.",
  "53200": "Make the statement read or build less.",
  "53400": "Make the statement sort, join or set aside less: a narrower WHERE, a LIMIT inside.",
};

const codes: Readonly<Record<string, ErrorCode>> = {
  "40001": "conflict",
  "40P01": "conflict",
  "55P03": "conflict",
  "57P01": "unavailable",
  "57P02": "unavailable",
  "57P03": "unavailable",
  "25006": "denied",
  "42501": "denied",
  "42P01": "not_found",
  // Memory and temporary files have a bound for each statement: trying again would not help.
  "53200": "invalid_input",
  "53400": "invalid_input",
  "57014": "timeout",
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
  return error instanceof Error && "severity" in error && "code" in error;
}

function fromCrash(error: unknown): RawFailure {
  const message = messageOf(error);
  // The driver's own refusal of a parameter, before the server saw it.
  if (message.startsWith("Invalid input for")) return { code: "invalid_input", message };
  return { code: "internal", message: `The database engine failed: ${message}`, fatal: true };
}
