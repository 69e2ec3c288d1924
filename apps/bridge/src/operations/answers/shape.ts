import * as z from "zod";

/** Shapes that many answers are made of have a name: under that they stand once in a document of them all. */
const NAMES = new WeakMap<z.ZodType, string>();

/** A shape with nothing in it but these fields. `name` as types are called: `HistoryRow`. */
export function shape<Fields extends z.ZodRawShape>(
  name: string,
  fields: Fields,
): z.ZodObject<Fields, z.core.$strip> {
  return named(name, z.object(fields));
}

export function named<Schema extends z.ZodType>(name: string, schema: Schema): Schema {
  NAMES.set(schema, name);
  return schema;
}

export function nameOfShape(schema: z.ZodType): string | undefined {
  return NAMES.get(schema);
}

/** As ISO 8601 writes it. */
export const time = z.string().meta({ format: "date-time" });

export const count = z.int().min(0);

export const someObject = z.record(z.string(), z.unknown());

/** Why a step, a run or a call failed. */
export const fault = shape("Fault", { code: z.string(), message: z.string() });

/** What a server answered, as it wrote it. */
export const toolResult = named(
  "ToolResult",
  z.looseObject({
    content: z.array(z.looseObject({ type: z.string() })).optional(),
    structuredContent: z.unknown().optional(),
    isError: z.boolean().optional(),
  }),
);

export const serverKind = z.enum(["embedded", "stdio", "http"]);
export const serverState = z.enum(["idle", "starting", "ready", "backoff", "failed", "closed"]);
export const breakerState = z.enum(["closed", "open", "half_open"]);
