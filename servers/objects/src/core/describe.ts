import type { JsonValue } from "@trestle/protocol";
import * as z from "zod";
import type { ObjectClass, ObjectClasses } from "../object-class.ts";
import type { ClassesView, ClassView } from "../protocol.ts";

/** What a class can do, for whoever has only its name. */
function describeClass({ name, description, methods, initial }: ObjectClass): ClassView {
  return {
    name,
    description,
    initial: initial === undefined ? toSchema(z.object({})) : toSchema(initial.input),
    methods: Object.entries(methods).map(([method, spec]) => ({
      name: method,
      description: spec.description,
      isReadOnly: spec.isReadOnly,
      input: toSchema(spec.input),
      output: toSchema(spec.output, "output"),
    })),
  };
}

export function describeClasses(classes: ObjectClasses): ClassesView {
  return { classes: [...classes.values()].map(describeClass) };
}

function toSchema(schema: z.ZodType, io: "input" | "output" = "input"): JsonValue {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest as JsonValue;
}
