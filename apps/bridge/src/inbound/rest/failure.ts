import {
  executionIdOf,
  isRpcError,
  isTrestleError,
  type JsonObject,
  type Logger,
  messageOf,
  RPC,
  type TrestleError,
} from "@trestle/protocol";
import { type RestCode, STATUS } from "./status.ts";

/** A refusal or a failure on its way to the caller. */
export interface Failure {
  readonly code: RestCode;
  readonly message: string;
  readonly details?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the call that failed, where it was one. */
  readonly executionId?: string | undefined;
}

/** Thrown where REST itself refuses. */
export class RestRefusal extends Error {
  override readonly name = "RestRefusal";
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Says of what was thrown as much as the caller may know. */
export function toFailure(error: unknown, log: Logger): Failure {
  if (error instanceof RestRefusal) return error.failure;
  if (isTrestleError(error)) return fromTrestle(error);
  if (isRpcError(error)) {
    const { code, message, data } = error;
    const details = { rpc_code: code, ...(data === undefined ? {} : { data }) };
    return {
      code: code === RPC.invalidParams ? "invalid_input" : "upstream_error",
      message,
      details,
      executionId: executionIdOf(error),
    };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  log.error("a rest request failed", { error: messageOf(error), stack });
  return {
    code: "internal",
    message: "Something went wrong inside the bridge. Its log says what.",
  };
}

function fromTrestle(error: TrestleError): Failure {
  const { code, message, retryable, retryAfterMs, details } = error;
  return {
    code: code in STATUS ? code : "internal",
    message,
    executionId: executionIdOf(error),
    details: {
      ...details,
      retryable,
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
    },
    headers: {
      ...limitHeaders(details ?? {}),
      ...(retryAfterMs === undefined ? {} : { "retry-after": secondsOf(retryAfterMs) }),
    },
  };
}

/** How far the caller is from its limit; `reset` in epoch milliseconds goes out in seconds. */
export function limitHeaders({ limit, remaining, reset }: JsonObject): Record<string, string> {
  if (typeof limit !== "number" || typeof remaining !== "number" || typeof reset !== "number") {
    return {};
  }
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": secondsOf(reset),
  };
}

function secondsOf(ms: number): string {
  return String(Math.ceil(ms / 1000));
}
