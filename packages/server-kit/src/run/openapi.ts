import type { JsonObject } from "@trestle/protocol";
import type { DefinedServer } from "../define/server.ts";

const errorSchema: JsonObject = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message", "retryable"],
      properties: {
        code: { type: "string" },
        message: { type: "string" },
        retryable: { type: "boolean" },
        retryAfterMs: { type: "integer" },
        details: { type: "object" },
      },
    },
  },
};

/** The OpenAPI 3.1 document of `POST /tools/:name`, from the tools themselves. */
export function toOpenApi(
  server: DefinedServer,
  options: { readonly needsKey: boolean },
): JsonObject {
  const paths = Object.fromEntries(
    server
      .describeTools()
      .map((tool) => [`/tools/${String(tool.name)}`, { post: toOperation(tool) }]),
  );
  return {
    openapi: "3.1.0",
    info: { title: server.title, version: server.version, description: server.description },
    paths,
    components: {
      schemas: { Error: errorSchema },
      ...(options.needsKey && { securitySchemes: { key: { type: "http", scheme: "bearer" } } }),
    },
    ...(options.needsKey && { security: [{ key: [] }] }),
  };
}

function toOperation(tool: JsonObject): JsonObject {
  const name = String(tool.name);
  return {
    operationId: name,
    summary: tool.title ?? name,
    ...(tool.description !== undefined && { description: tool.description }),
    parameters: [
      {
        name: "Idempotency-Key",
        in: "header",
        schema: { type: "string" },
        description: "A tool that writes does the work once per key.",
      },
    ],
    requestBody: {
      required: true,
      content: json(asResource(tool.inputSchema as JsonObject, `${name}/input`)),
    },
    responses: {
      "200": {
        description: "What the tool returned.",
        content: json({
          type: "object",
          required: ["result"],
          properties: {
            result: asResource((tool.outputSchema as JsonObject) ?? {}, `${name}/output`),
          },
        }),
      },
      default: {
        description: "Why it failed.",
        content: json({ $ref: "#/components/schemas/Error" }),
      },
    },
  };
}

/** A schema with definitions of its own needs an identity, for its `#/$defs` to mean its own. */
function asResource(schema: JsonObject, id: string): JsonObject {
  return schema.$defs === undefined ? schema : { $id: `tools/${id}`, ...schema };
}

function json(schema: JsonObject): JsonObject {
  return { "application/json": { schema } };
}
