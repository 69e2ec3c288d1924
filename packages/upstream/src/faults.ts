import type { JsonObject } from "@trestle/protocol";
import { isTrestleError, TrestleError } from "@trestle/protocol";

/** Why a connection ended: a half sentence that follows the name of the upstream, and its facts. */
export interface Loss {
  readonly what: string;
  readonly details?: JsonObject;
  /** What was remembered of the server no longer holds. */
  readonly stale?: boolean;
}

/** The request surely never reached the server. */
export function notSent(upstream: string, loss: Loss, cause?: unknown): TrestleError {
  return new TrestleError(
    "unavailable",
    `Upstream "${upstream}" ${loss.what}. The request was not sent; try again.`,
    { details: { upstream, sent: false, reason: loss.what, ...loss.details }, cause },
  );
}

/** Nobody listens there: nothing is known of the server, and the next request finds out anew. */
export function notReached(upstream: string, host: string, error: Error): TrestleError {
  const what = `cannot be reached at ${host} (${error.message})`;
  return notSent(upstream, { what, details: { connected: false } }, error);
}

/** The request was handed over and no answer came. */
export function outcomeUnknown(upstream: string, method: string, loss: Loss): TrestleError {
  return new TrestleError(
    "outcome_unknown",
    `Upstream "${upstream}" ${loss.what} while it was working on ${method}. Whether that took effect is unknown: check before repeating it.`,
    { details: { upstream, sent: true, reason: loss.what, ...loss.details } },
  );
}

/** The caller no longer waits. A reason that already is an error with a code (a timeout) is kept. */
export function abandoned(upstream: string, reason: unknown, sent: boolean): Error {
  if (isTrestleError(reason)) return reason;
  return new TrestleError("cancelled", `The request to upstream "${upstream}" was cancelled.`, {
    details: { upstream, sent },
    cause: reason,
  });
}
