import { type ErrorCode, isTrestleError, messageOf } from "@trestle/protocol";
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

const nextSteps: Readonly<Record<string, string>> = {
  "42P01": "list_tables shows what there is.",
  "42703": "describe_table shows the columns.",
  "25006": "This database is read-only.",
  "53200": "Make the statement read or build less.",
  "53400": "Make the statement sort, join or set aside less: a narrower WHERE, a LIMIT inside.",
};

const codes: Readonly<Record<string, ErrorCode>> = {
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
