import { type ErrorCode, TrestleError } from "@trestle/protocol";
import { isObjectError, type ObjectErrorCode } from "./object-error.ts";

const CODES: Readonly<Record<ObjectErrorCode, ErrorCode>> = {
  invalid_input: "invalid_input",
  unauthenticated: "denied",
  denied: "denied",
  not_found: "not_found",
  conflict: "conflict",
  too_large: "invalid_input",
  rate_limited: "rate_limited",
  unsupported: "unsupported",
  unavailable: "unavailable",
  internal: "internal",
};

/** A refusal in the words of servers; anything else stays what it is. */
export function toTrestleError(error: unknown): unknown {
  if (!isObjectError(error)) return error;
  const { code, message, details } = error;
  return new TrestleError(CODES[code], message, {
    cause: error,
    ...(details === undefined ? {} : { details }),
  });
}
