import { type JsonValue, TrestleError } from "@trestle/protocol";
import { QUERY_DEFAULTS, type QueryOptions, type Statement } from "./database.ts";
import type { PageRequest } from "./reader.ts";

/** A statement with its limits. Throws `invalid_input` for what makes no sense. */
export function toRequest({ sql, params = [] }: Statement, options: QueryOptions): PageRequest {
  const { signal: _, ...given } = options;
  const limits = { ...QUERY_DEFAULTS, ...given };
  checkLimits(limits);
  checkParams(params);
  const { maxRows, maxBytes, offset } = limits;
  return { sql, params, maxRows, maxBytes, offset };
}

function checkLimits(limits: typeof QUERY_DEFAULTS): void {
  for (const key of ["timeoutMs", "maxRows", "maxBytes", "offset"] as const) {
    const least = key === "offset" ? 0 : 1;
    if (!Number.isSafeInteger(limits[key]) || limits[key] < least)
      throw new TrestleError("invalid_input", `${key} must be a whole number from ${least} up.`);
  }
}

/** A whole number that JSON could not carry exactly has been rounded already: better refused than searched for. */
function checkParams(params: readonly JsonValue[]): void {
  const at = params.findIndex((value) => Number.isInteger(value) && !Number.isSafeInteger(value));
  if (at !== -1)
    throw new TrestleError(
      "invalid_input",
      `Parameter $${at + 1} is beyond 2^53 and would be rounded: give it as text, "${params[at]}".`,
    );
}
