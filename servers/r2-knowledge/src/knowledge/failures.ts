import { type ErrorCode, type ErrorFacts, TrestleError } from "@trestle/protocol";
import type { LedgerErrorCode } from "../ledger/errors.ts";
import type { ObjectStoreErrorCode } from "../object-store/object-store.ts";

/** The adapters say what to do; these say what only this server knows. */
const TOLD: Readonly<Record<ObjectStoreErrorCode, readonly [ErrorCode, string, ErrorFacts?]>> = {
  precondition_failed: [
    "conflict",
    "Somebody else wrote it at the same time: read it again, then repeat the change.",
  ],
  throttled: ["rate_limited", "", { retryAfterMs: 1_000 }],
  outcome_unknown: ["outcome_unknown", "Look whether it is there before you write it again."],
  denied: ["denied", "trestle-knowledge test tells which permissions are missing."],
  no_bucket: ["invalid_config", ""],
  clock_skew: ["invalid_config", ""],
  full: ["unavailable", "", { retryable: false }],
  bad_key: ["invalid_input", "Take ids from a search or a list."],
  damaged: ["internal", "Other records are not affected."],
  too_large: ["invalid_input", ""],
  unavailable: ["unavailable", "trestle-knowledge test tries the connection."],
};

const LEDGER_TOLD: Readonly<Record<LedgerErrorCode, readonly [ErrorCode, string, ErrorFacts?]>> = {
  corrupt: ["internal", "trestle-knowledge index rebuild makes the index anew of the records."],
  newer_format: ["unsupported", ""],
  busy: ["rate_limited", "Wait a moment.", { retryAfterMs: 1_000 }],
  too_large: ["invalid_input", ""],
  closed: ["unavailable", "", { retryable: false }],
  unsettled: ["unavailable", "Try again."],
};

/** A failure of the object store or of an index in the words of this server; everything else as it is. */
export function toKnown(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const table = TABLES[error.name];
  const told = table?.[String(error.code)];
  if (told === undefined) return error;
  const [code, next, facts] = told;
  return new TrestleError(code, withEnd(error.message, next), { ...facts, cause: error });
}

/** The same functions, whose failures are in the words of this server. */
export function toldFailures<Functions extends object>(functions: Functions): Functions {
  const told = Object.entries(functions).map(([name, value]) => [name, wrapped(value)]);
  return Object.fromEntries(told) as Functions;
}

function wrapped(value: unknown): unknown {
  if (typeof value !== "function") return value;
  return (...args: unknown[]) => {
    const result: unknown = value(...args);
    return result instanceof Promise
      ? result.catch((error: unknown) => Promise.reject(toKnown(error)))
      : result;
  };
}

type Table = Readonly<Record<string, readonly [ErrorCode, string, ErrorFacts?]>>;
const TABLES: Readonly<Record<string, Table>> = {
  ObjectStoreError: TOLD,
  LedgerError: LEDGER_TOLD,
};

/** The adapter may have said already what to do. */
function withEnd(message: string, next: string): string {
  return next === "" ? message : `${message.replace(/[.\s]*$/, "")}. ${next}`;
}
