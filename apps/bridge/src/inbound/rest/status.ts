import type { ErrorCode } from "@trestle/protocol";

/** The HTTP status of every code that a failed request may carry. */
export const STATUS = {
  invalid_input: 400,
  unauthenticated: 401,
  denied: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  in_progress: 409,
  too_large: 413,
  rate_limited: 429,
  /** The caller went away; nobody reads it. */
  cancelled: 499,
  internal: 500,
  invalid_config: 500,
  unsupported: 501,
  /** Sent, and no answer: whether it was done has to be looked up. */
  outcome_unknown: 502,
  /** The server behind the bridge answered with a protocol error. */
  upstream_error: 502,
  unavailable: 503,
  timeout: 504,
} as const satisfies Record<ErrorCode, number> & Record<string, number>;

export type RestCode = keyof typeof STATUS;
