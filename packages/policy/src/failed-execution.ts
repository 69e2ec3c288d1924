import {
  isRpcError,
  isTrestleError,
  type Logger,
  messageOf,
  RpcError,
  TrestleError,
} from "@trestle/protocol";
import type { Call } from "./call.ts";

/**
 * The failure as that of this very call, under whose id it is found later. A copy: several calls that
 * waited for one answer share its error. What nobody expected is told to the log alone.
 */
export function asFailureOf(
  { executionId, server, tool, context }: Call,
  error: unknown,
  log?: Logger,
): unknown {
  if (isTrestleError(error))
    return new TrestleError(error.code, error.message, { ...factsOf(error), executionId });
  if (isRpcError(error)) return new RpcError(error.code, error.message, error.data, executionId);
  // Whatever breaks when the caller has gone away is the going away.
  if (context.signal.aborted) return error;
  const stack = error instanceof Error ? error.stack : undefined;
  log?.error("a call failed unexpectedly", {
    executionId,
    server,
    tool,
    error: messageOf(error),
    stack,
  });
  return new TrestleError("internal", "The call failed inside the bridge, whose log says why.", {
    executionId,
    cause: error,
  });
}

function factsOf({ retryable, retryAfterMs, details, cause }: TrestleError) {
  return {
    retryable,
    cause,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(details === undefined ? {} : { details }),
  };
}
