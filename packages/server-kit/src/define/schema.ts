import type { JsonObject } from "@trestle/protocol";
import * as z from "zod";

/** JSON Schema 2020-12 of what a caller may send (`input`) or will get (`output`). */
export function toJsonSchema(schema: z.ZodType, io: "input" | "output"): JsonObject {
  // The dialect is MCP's default, and validators of older clients refuse to see it named.
  const { $schema: _dialect, ...jsonSchema } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => dropSafeIntegerBounds(jsonSchema as JsonObject),
  });
  return jsonSchema as JsonObject;
}

/** Computes once, at the first use: a definition costs nothing until somebody lists it. */
export function lazily<Value>(compute: () => Value): () => Value {
  let kept: { value: Value } | undefined;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}

/** Every integer is a safe one; saying so in each schema only costs the reader. */
function dropSafeIntegerBounds(schema: JsonObject): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
