import type { JsonObject } from "@trestle/protocol";
import * as z from "zod";
import { nameOfShape } from "../../../operations/answers/shape.ts";

/** What schemas define for themselves, by names of the whole document: there `#` is the document. */
export interface Schemas {
  /** As it is asked for, before defaults are put in. `name` stands before what it defines for itself. */
  asked(schema: z.ZodType, name: string): JsonObject;
  /** As it is answered. Shapes that have a name stand under it once. */
  answered(schema: z.ZodType): JsonObject;
  /** Of somebody else, as JSON Schema: stands under the name. */
  foreign(schema: JsonObject, name: string): JsonObject;
  /** All that was defined so far. */
  defined(): Readonly<Record<string, JsonObject>>;
}

const PLACE = "#/components/schemas/";

export function createSchemas(): Schemas {
  const defined: Record<string, JsonObject> = {};

  /** Its own definitions become those of the document. */
  function lift(made: JsonObject, name: string): JsonObject {
    const text = JSON.stringify(made).replaceAll('"#/$defs/', `"${PLACE}${name}.`);
    const { $schema: _, $defs = {}, ...rest } = JSON.parse(text) as JsonObject;
    for (const [key, value] of Object.entries($defs as Record<string, JsonObject>)) {
      defined[`${name}.${key}`] = value;
    }
    return rest;
  }

  function answered(schema: z.ZodType): JsonObject {
    const name = nameOfShape(schema);
    if (name === undefined) return convert(schema);
    if (defined[name] === undefined) {
      // Before what it is made of, so that it stands above that, and is not made twice.
      defined[name] = {};
      Object.assign(defined[name], convert(schema));
    }
    return { $ref: `${PLACE}${name}` };
  }

  function convert(schema: z.ZodType): JsonObject {
    const { $schema: _, ...made } = z.toJSONSchema(schema, {
      io: "output",
      unrepresentable: "any",
      override({ zodSchema, jsonSchema }) {
        const inner = zodSchema as unknown as z.ZodType;
        if (inner !== schema && nameOfShape(inner) !== undefined) {
          replace(jsonSchema as JsonObject, answered(inner));
        } else dropSafeBounds(jsonSchema as JsonObject);
      },
    });
    return made as JsonObject;
  }

  return {
    asked: (schema, name) =>
      lift(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonObject, name),
    answered,
    foreign(schema, name) {
      defined[name] ??= lift(schema, name);
      return { $ref: `${PLACE}${name}` };
    },
    defined: () => defined,
  };
}

function replace(schema: JsonObject, by: JsonObject): void {
  for (const key of Object.keys(schema)) delete schema[key];
  Object.assign(schema, by);
}

/** Every integer is a safe one: saying so of each tells nobody anything. */
function dropSafeBounds(schema: JsonObject): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
