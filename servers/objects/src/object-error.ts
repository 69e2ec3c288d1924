import type { JsonObject } from "@trestle/protocol";

/** Everything that a call on an object may be refused for; each stands for one HTTP status. */
export const OBJECT_ERROR_STATUS = {
  invalid_input: 400,
  unauthenticated: 401,
  denied: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  unsupported: 501,
  unavailable: 503,
  internal: 500,
} as const;
export type ObjectErrorCode = keyof typeof OBJECT_ERROR_STATUS;

/** An expected refusal. The message is safe to show and says what to do next. Recognised by its `code`. */
export class ObjectError extends Error {
  override readonly name = "ObjectError";
  readonly code: ObjectErrorCode;
  readonly details?: JsonObject;
  constructor(code: ObjectErrorCode, message: string, details?: JsonObject) {
    super(message);
    this.code = code;
    if (details !== undefined) this.details = details;
  }
}

export function isObjectError(error: unknown): error is ObjectError {
  return (
    error instanceof Error &&
    error.name === "ObjectError" &&
    "code" in error &&
    Object.hasOwn(OBJECT_ERROR_STATUS, String(error.code))
  );
}

/** What a refusal looks like on the wire. */
export interface WireError {
  readonly code: ObjectErrorCode;
  readonly message: string;
  readonly details?: JsonObject;
}

/** Says of what was not expected only that it happened; its details belong into the host's log. */
export function toWireError(error: unknown): WireError {
  if (!isObjectError(error)) {
    return { code: "internal", message: "The host failed unexpectedly; its log says why." };
  }
  const { code, message, details } = error;
  return { code, message, ...(details === undefined ? {} : { details }) };
}

export function fromWireError({ code, message, details }: WireError): ObjectError {
  const known = Object.hasOwn(OBJECT_ERROR_STATUS, code) ? code : "internal";
  return new ObjectError(known, message, details);
}
