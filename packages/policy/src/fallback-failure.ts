import {
  isRpcError,
  isTrestleError,
  type JsonObject,
  messageOf,
  TRESTLE_META,
} from "@trestle/protocol";
import type { Call } from "./call.ts";
import { redactMessage } from "./redact.ts";

/** What a person is to decide or to know. */
export interface FailedCall {
  readonly call: Call;
  readonly message: string;
  readonly errorCode: string;
  readonly errorMessage: string;
  /** It may have had effects. */
  readonly outcomeUnknown: boolean;
}

/** Where each step left off: what failed last, whether it may have had effects, and who was told. */
export interface Progress {
  error: unknown;
  outcomeUnknown: boolean;
  notified: boolean;
}

interface Redacting {
  readonly redact?: (args: JsonObject) => JsonObject;
}

export function failedCall(
  call: Call,
  message: string,
  { error, outcomeUnknown, redact = (args) => args }: Omit<Progress, "notified"> & Redacting,
): FailedCall {
  return {
    call,
    message,
    errorCode: codeOf(error),
    errorMessage: redactMessage(messageOf(error), redact),
    outcomeUnknown,
  };
}

/** Nothing was answered in the tool's own terms, so this is a failure that the model can read. */
export function failedResult(
  { error, outcomeUnknown }: Progress,
  text: string,
  reviewId?: string,
): JsonObject {
  const known = isTrestleError(error) ? error.details : undefined;
  const details = { ...known, outcomeUnknown, ...(reviewId === undefined ? {} : { reviewId }) };
  const facts = { code: outcomeUnknown ? "outcome_unknown" : codeOf(error), retryable: false };
  return {
    content: [{ type: "text", text }],
    isError: true,
    _meta: { [TRESTLE_META.error]: { ...facts, details } },
  };
}

function codeOf(error: unknown): string {
  if (isTrestleError(error)) return error.code;
  return isRpcError(error) ? "unavailable" : "internal";
}
