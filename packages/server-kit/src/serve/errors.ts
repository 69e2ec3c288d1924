import {
  executionIdOf,
  isJsonObject,
  isRpcError,
  isTrestleError,
  type JsonObject,
  type JsonValue,
  type Logger,
  messageOf,
  RPC,
  RpcError,
  TRESTLE_META,
} from "@trestle/protocol";

/**
 * The one place where a failure of an instance becomes a JSON-RPC error: protocol faults as they are,
 * expected failures with their code and facts, anything else with no detail. A call that failed is named
 * where a result would name it.
 */
export function toWireError(
  error: unknown,
  { method, log, signal }: { method: string; log: Logger; signal: AbortSignal },
): RpcError {
  // A DOMException carries an integer code of its own, which means nothing here.
  if (isRpcError(error) && !(error instanceof DOMException))
    return new RpcError(error.code, error.message, withCall(error.data, error));
  if (isTrestleError(error)) {
    const data: JsonObject = { code: error.code, retryable: error.retryable };
    if (error.retryAfterMs !== undefined) data.retryAfterMs = error.retryAfterMs;
    if (error.details !== undefined) data.details = error.details;
    return new RpcError(RPC.internal, error.message, withCall(data, error));
  }
  if (!signal.aborted) {
    const stack = error instanceof Error ? error.stack : undefined;
    log.error("request failed", { method, error: messageOf(error), stack });
  }
  return new RpcError(RPC.internal, "internal error");
}

/** Data that is a text, a number or a list is the server's own, and has no room for ours. */
function withCall(data: JsonValue | undefined, error: unknown): JsonValue | undefined {
  const executionId = executionIdOf(error);
  const room = data ?? {};
  if (executionId === undefined || !isJsonObject(room)) return data;
  return { ...room, [TRESTLE_META.call]: { execution_id: executionId } };
}
