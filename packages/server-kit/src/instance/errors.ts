import { randomUUID } from "node:crypto";
import {
  isRpcError,
  isTrestleError,
  type JsonObject,
  type Logger,
  messageOf,
  RPC,
  RpcError,
  TRESTLE_META,
  TrestleError,
} from "@trestle/protocol";
import { createRedactor } from "../redact.ts";

/** Turns whatever was thrown into what a caller may see. */
export interface ErrorTranslator {
  /** As an `isError` result, for the model to read; protocol faults are thrown on. */
  toResult(error: unknown, tool: string): JsonObject;
  /** As a JSON-RPC error, where the method knows no `isError`. */
  toRpcError(error: unknown, what: string): Error;
}

export function createErrorTranslator(log: Logger, secrets: readonly string[]): ErrorTranslator {
  const redact = createRedactor(secrets);

  /** An unknown error tells the outside nothing but a number to look up in the log. */
  function toKnown(error: unknown, what: string): TrestleError {
    if (isTrestleError(error)) return error;
    const incident = randomUUID().slice(0, 8);
    log.error("unexpected failure", { incident, what, error });
    return new TrestleError(
      "internal",
      `${what} failed unexpectedly (incident ${incident}): the server's log on stderr says why.`,
      { details: { incident }, cause: error },
    );
  }

  return {
    toResult(error, tool) {
      if (isProtocolFault(error)) throw error;
      return redact(toErrorResult(toKnown(error, tool))) as JsonObject;
    },
    toRpcError(error, what) {
      if (isProtocolFault(error)) return error as unknown as Error;
      const known = toKnown(error, what);
      const callersFault = known.code === "not_found" || known.code === "invalid_input";
      return new RpcError(
        callersFault ? RPC.invalidParams : RPC.internal,
        redact(messageOf(known)) as string,
        redact(factsOf(known)) as JsonObject,
      );
    },
  };
}

/** The `isError` result of an expected failure. */
function toErrorResult(error: TrestleError): JsonObject {
  return {
    content: [{ type: "text", text: error.message }],
    isError: true,
    _meta: { [TRESTLE_META.error]: factsOf(error) },
  };
}

/** Many libraries number their errors (an abort is 20); only JSON-RPC's own range is meant for the wire. */
function isProtocolFault(error: unknown): boolean {
  return isRpcError(error) && error.code >= -32_768 && error.code <= -32_000;
}

function factsOf(error: TrestleError): JsonObject {
  return {
    code: error.code,
    retryable: error.retryable,
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(error.details !== undefined && { details: error.details }),
  };
}
