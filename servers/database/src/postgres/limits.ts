import { type JsonValue, TrestleError } from "@trestle/protocol";
import type { QUERY_DEFAULTS } from "./database.ts";

export function checkLimits(limits: typeof QUERY_DEFAULTS): void {
  for (const key of ["timeoutMs", "maxRows", "maxBytes", "offset"] as const) {
    const least = key === "offset" ? 0 : 1;
    if (!Number.isSafeInteger(limits[key]) || limits[key] < least)
      throw new TrestleError("invalid_input", `${key} must be a whole number from ${least} up.`);
  }
}

/** A whole number that JSON could not carry exactly has been rounded already: better refused than searched for. */
export function checkParams(params: readonly JsonValue[]): void {
  const at = params.findIndex((value) => Number.isInteger(value) && !Number.isSafeInteger(value));
  if (at !== -1)
    throw new TrestleError(
      "invalid_input",
      `Parameter $${at + 1} is beyond 2^53 and would be rounded: give it as text, "${params[at]}".`,
    );
}
