import type { JsonObject } from "@trestle/protocol";
import { STATUS } from "../status.ts";

export const SERVER_HEADER = "XServer";

const timestamp = { type: "string", format: "date-time" };

const failure: JsonObject = {
  type: "object",
  required: ["success", "error", "timestamp"],
  properties: {
    success: { const: false },
    error: { $ref: "#/components/schemas/Error" },
    metadata: {
      type: "object",
      description: "Which call it was, where one was begun.",
      required: ["execution_id"],
      properties: { execution_id: { type: "string" } },
      additionalProperties: false,
    },
    timestamp,
  },
  additionalProperties: false,
};

/** What every answer stands in that could be given. */
export function successOf(data: JsonObject, metadata: JsonObject): JsonObject {
  return {
    type: "object",
    required: ["success", "data", "metadata", "timestamp"],
    properties: { success: { const: true }, data, metadata, timestamp },
    additionalProperties: false,
  };
}

/** It was done, and it failed: HTTP 200, `success: false`. */
export function doneAndFailedOf(
  code: "tool_error" | "chain_failed",
  data: JsonObject,
  metadata: JsonObject,
): JsonObject {
  const error = errorOf([code]);
  return {
    type: "object",
    required: ["success", "data", "error", "metadata", "timestamp"],
    properties: { success: { const: false }, data, error, metadata, timestamp },
    additionalProperties: false,
  };
}

function errorOf(codes: readonly string[]): JsonObject {
  return {
    type: "object",
    required: ["code", "message", "details"],
    properties: {
      code: { type: "string", enum: [...codes] },
      message: { type: "string", description: "What is wrong, and what to do." },
      details: {
        type: "object",
        properties: { retryable: { type: "boolean" }, retry_after_ms: { type: "number" } },
        additionalProperties: true,
      },
    },
    additionalProperties: false,
  };
}

const integer = (description: string): JsonObject => ({ description, schema: { type: "integer" } });
const headers: JsonObject = {
  "X-RateLimit-Limit": integer("Calls in one window."),
  "X-RateLimit-Remaining": integer("How many are left."),
  "X-RateLimit-Reset": integer("When the window ends, in epoch seconds."),
  "Retry-After": integer("Seconds to wait."),
};

/** Of a call: how far its caller is from its limit. */
export const LIMIT_HEADERS: JsonObject = Object.fromEntries(
  Object.keys(headers)
    .filter((name) => name.startsWith("X-"))
    .map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

function refused(description: string, more: JsonObject = {}): JsonObject {
  const schema = { $ref: "#/components/schemas/Failure" };
  return { description, content: { "application/json": { schema } }, ...more };
}

/** What all operations have in common. */
export const components: JsonObject = {
  schemas: { Failure: failure, Error: errorOf(Object.keys(STATUS)) },
  headers,
  parameters: {
    [SERVER_HEADER]: {
      name: "X-Server",
      in: "header",
      description: "Narrows the request to one server: its id, or one of its aliases.",
      schema: { type: "string" },
    },
  },
  responses: {
    BadInput: refused("`invalid_input`: which field is wrong, and why."),
    Unauthenticated: refused("`unauthenticated`: no key, or one that is not good.", {
      headers: { "WWW-Authenticate": { schema: { type: "string" } } },
    }),
    Denied: refused("`denied`: which scope or credential it takes."),
    Failed: refused(
      "Every other failure: the code says which, and the status goes with the code.",
      {
        headers: { ...LIMIT_HEADERS, "Retry-After": { $ref: "#/components/headers/Retry-After" } },
      },
    ),
  },
  securitySchemes: {
    apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
    bearer: { type: "http", scheme: "bearer" },
  },
};
