import type { JsonObject } from "@trestle/protocol";
import { STATUS } from "../status.ts";

export const SERVER_HEADER = "XServer";

/** Codes of what was done and failed: HTTP 200, `success: false`. */
const DONE_CODES = ["tool_error", "chain_failed"];

const timestamp = { type: "string", format: "date-time" };

/** Of a call: what became of it on its way. */
const metadata: JsonObject = {
  type: "object",
  description: "Facts of what was done; of a call, those of its way through the policies.",
  properties: {
    execution_id: { type: "string" },
    duration_ms: { type: "number", minimum: 0 },
    server: { type: "string" },
    tool: { type: "string" },
    name: { type: "string" },
    cached: { type: "boolean" },
    retry_count: { type: "integer", minimum: 0 },
    fallback_used: { type: "boolean" },
  },
};

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
      },
    },
    additionalProperties: false,
  };
}

const success: JsonObject = {
  type: "object",
  required: ["success", "data", "metadata", "timestamp"],
  properties: {
    success: { const: true },
    data: { type: "object" },
    metadata: { allOf: [{ $ref: "#/components/schemas/Metadata" }], required: ["duration_ms"] },
    timestamp,
  },
  additionalProperties: false,
};

const doneAndFailed: JsonObject = {
  ...success,
  description:
    "It was done, and it failed: what a tool reports as its error, or a chain that did not succeed.",
  required: ["success", "data", "error", "metadata", "timestamp"],
  properties: {
    ...(success.properties as JsonObject),
    success: { const: false },
    error: errorOf(DONE_CODES),
  },
};

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

const schemas = {
  Success: success,
  DoneAndFailed: doneAndFailed,
  Failure: failure,
  Error: errorOf(Object.keys(STATUS)),
  Metadata: metadata,
};

const integer = (description: string): JsonObject => ({ description, schema: { type: "integer" } });
const limits: JsonObject = {
  "X-RateLimit-Limit": integer("Calls in one window."),
  "X-RateLimit-Remaining": integer("How many are left."),
  "X-RateLimit-Reset": integer("When the window ends, in epoch seconds."),
};

function answer(description: string, names: readonly (keyof typeof schemas)[]): JsonObject {
  const refs = names.map((name) => ({ $ref: `#/components/schemas/${name}` }));
  const [first = {}] = refs;
  const schema: JsonObject = refs.length === 1 ? first : { oneOf: refs };
  return { description, content: { "application/json": { schema } } };
}

/** What all operations have in common. */
export const components: JsonObject = {
  schemas,
  parameters: {
    [SERVER_HEADER]: {
      name: "X-Server",
      in: "header",
      description: "Narrows the request to one server: its id, or one of its aliases.",
      schema: { type: "string" },
    },
  },
  responses: {
    Done: answer("It was done.", ["Success"]),
    Called: {
      ...answer("It was called: it succeeded, or the tool reported its own error.", [
        "Success",
        "DoneAndFailed",
      ]),
      headers: limits,
    },
    BadInput: answer("`invalid_input`: which field is wrong, and why.", ["Failure"]),
    Unauthenticated: {
      ...answer("`unauthenticated`: no key, or one that is not good.", ["Failure"]),
      headers: { "WWW-Authenticate": { schema: { type: "string" } } },
    },
    Denied: answer("`denied`: which scope or credential it takes.", ["Failure"]),
    Failed: {
      ...answer("Every other failure: the code says which, and the status goes with the code.", [
        "Failure",
      ]),
      headers: { ...limits, "Retry-After": integer("Seconds to wait.") },
    },
  },
  securitySchemes: {
    apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
    bearer: { type: "http", scheme: "bearer" },
  },
};
