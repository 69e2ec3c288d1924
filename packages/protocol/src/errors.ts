import type { JsonObject, JsonValue } from "./json.ts";

/** Protocol faults: JSON-RPC's own codes and those of the MCP specification. */
export const RPC = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  headerMismatch: -32020,
  missingClientCapability: -32021,
  unsupportedVersion: -32022,
} as const;

/** A protocol fault: becomes a JSON-RPC error. Recognised by its integer `code`, on any side of a package boundary. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data?: JsonValue;
  /** Of the call that failed so, where it was one. */
  readonly executionId?: string;
  constructor(code: number, message: string, data?: JsonValue, executionId?: string) {
    super(message);
    this.code = code;
    if (data !== undefined) this.data = data;
    if (executionId !== undefined) this.executionId = executionId;
  }
}

export function isRpcError(
  error: unknown,
): error is { code: number; message: string; data?: JsonValue } {
  // A DOMException, as an abort is one, carries an integer code of its own.
  if (!(error instanceof Error) || error instanceof DOMException) return false;
  return "code" in error && Number.isInteger(error.code);
}

/** The closed set of failures that a tool, a policy or a store may report. */
export const ERROR_CODES = [
  "invalid_input",
  "invalid_config",
  "not_found",
  "conflict",
  "denied",
  "rate_limited",
  "unavailable",
  "timeout",
  "cancelled",
  "in_progress",
  "outcome_unknown",
  "unsupported",
  "internal",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorFacts {
  /** May the same call be tried again? Left out, the code decides. */
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  /** Facts safe to show to whoever called. */
  readonly details?: JsonObject;
  /** Of the call that failed so, where it was one. */
  readonly executionId?: string;
  readonly cause?: unknown;
}

/** An expected failure. The message is safe to show and says what to do next. Recognised by its `code`, never by `instanceof`. */
export class TrestleError extends Error {
  override readonly name = "TrestleError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly details?: JsonObject;
  readonly executionId?: string;
  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.retryable =
      facts.retryable ?? (code === "unavailable" || code === "rate_limited" || code === "timeout");
    if (facts.retryAfterMs !== undefined) this.retryAfterMs = facts.retryAfterMs;
    if (facts.details !== undefined) this.details = facts.details;
    if (facts.executionId !== undefined) this.executionId = facts.executionId;
  }
}

const codes: ReadonlySet<unknown> = new Set(ERROR_CODES);

/** True for a TrestleError of any copy of this package. */
export function isTrestleError(error: unknown): error is TrestleError {
  return error instanceof Error && "code" in error && codes.has(error.code);
}

/** The id under which history and `why` know the call that failed so. */
export function executionIdOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("executionId" in error)) return undefined;
  return typeof error.executionId === "string" ? error.executionId : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
