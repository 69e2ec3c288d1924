import {
  type ErrorCode,
  type ErrorFacts,
  isRpcError,
  isTrestleError,
  RPC,
  TrestleError,
} from "@trestle/protocol";
import type { Call } from "./call.ts";

/** A policy of ours refused the call before anything was sent. */
export function refusal(
  policy: string,
  code: ErrorCode,
  { message, ...facts }: ErrorFacts & { readonly message: string },
): TrestleError {
  return new TrestleError(code, message, {
    ...facts,
    details: { ...facts.details, sent: false, refusedBy: policy },
  });
}

export function isRefusal(error: unknown): boolean {
  return isTrestleError(error) && typeof error.details?.refusedBy === "string";
}

/** The name of a failure, as history and metrics keep it. */
export function codeOf(error: unknown): string {
  return isTrestleError(error) || isRpcError(error) ? String(error.code) : "internal";
}

/** The upstream, or the way to it, failed: neither the caller's mistake nor the caller's giving up. */
export function isUpstreamFault(error: unknown): boolean {
  if (isTrestleError(error)) return upstreamFaults.has(error.code) && !isOwnDeadline(error);
  if (isRpcError(error)) return error.code === RPC.internal;
  return !(error instanceof Error && error.name === "AbortError");
}

const upstreamFaults: ReadonlySet<ErrorCode> = new Set([
  "unavailable",
  "timeout",
  "outcome_unknown",
  "internal",
]);

/** The caller gave less time than the upstream is allowed to take. */
function isOwnDeadline(error: TrestleError): boolean {
  return error.details?.limitedBy === "deadline";
}

/** It may pass by itself: the same call can succeed a little later. */
export function isTransient(error: unknown): error is TrestleError {
  if (!isTrestleError(error) || isRefusal(error)) return false;
  // Silence passes; whether the call may be repeated after it is another question.
  if (error.code === "outcome_unknown" || error.code === "timeout") return true;
  return (error.code === "unavailable" || error.code === "rate_limited") && error.retryable;
}

/** The request surely never left. */
export function isUnsent(error: unknown): boolean {
  return isTrestleError(error) && error.details?.sent === false;
}

/** There was no connection to ask. Whoever makes connections spaces its attempts by itself. */
export function isUnconnected(error: unknown): boolean {
  return isTrestleError(error) && error.details?.connected === false;
}

/**
 * May the call have had effects although it failed? A read has none. An answer that says no (a status
 * below 500, a refusal, a protocol error that blames the request) is an outcome; silence is not, nor is
 * something that broke midway.
 */
export function isEffectUnknown(call: Call, error: unknown): boolean {
  if (call.hints.readOnly || isUnsent(error)) return false;
  if (isRpcError(error)) return error.code === RPC.internal;
  if (!isTrestleError(error)) return call.trail.attempts > 0;
  switch (error.code) {
    case "timeout":
    case "outcome_unknown":
    case "internal":
      return true;
    case "cancelled":
      return call.trail.attempts > 0;
    case "unavailable": {
      const status = error.details?.status;
      return typeof status !== "number" || status >= 500;
    }
    default:
      return false;
  }
}
