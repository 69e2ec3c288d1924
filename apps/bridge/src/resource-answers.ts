import {
  executionIdOf,
  isRpcError,
  type JsonObject,
  type RequestContext,
  RPC,
  RpcError,
} from "@trestle/protocol";

/** "Resource not found" of the legacy era. */
const LEGACY_NOT_FOUND = -32_002;

/** Who may read a resource here, its server does not know: a client keeps what it read for itself. */
export function keptPrivate(result: JsonObject): JsonObject {
  return result.cacheScope === "public" ? { ...result, cacheScope: "private" } : result;
}

/** A modern client must not be given the code that its era gave up. */
export function toEraError(error: unknown, { client: { era } }: RequestContext): unknown {
  if (era === "legacy" || !isRpcError(error) || error.code !== LEGACY_NOT_FOUND) return error;
  return new RpcError(RPC.invalidParams, error.message, error.data, executionIdOf(error));
}
