import type { ConfigField, JsonValue } from "@trestle/protocol";
import type * as z from "zod";
import { checkUnique, definitionError } from "../define/checks.ts";
import { toJsonSchema } from "../define/schema.ts";
import { RUN_FLAGS } from "./flags.ts";
import { settingFacts } from "./setting.ts";

/** The settings of a config schema, in the order written. */
export function toConfigFields(config: z.ZodObject): ConfigField[] {
  const fields = Object.entries(config.shape).map(([key, schema]) =>
    toField(key, schema as z.ZodType),
  );
  checkUnique("settings", [...fields.map((field) => field.flag), ...RUN_FLAGS]);
  return fields;
}

function toField(key: string, schema: z.ZodType): ConfigField {
  const told = settingFacts(schema);
  if (told === undefined) {
    throw definitionError(
      `Setting "${key}" has no environment variable: wrap it in setting(schema, { env, description }).`,
    );
  }
  const { default: preset, ...jsonSchema } = toJsonSchema(schema, "input");
  return {
    key,
    env: told.env,
    flag: `--${told.env.toLowerCase().replaceAll("_", "-")}`,
    description: told.description,
    required: !schema.safeParse(undefined).success,
    secret: told.secret ?? false,
    schema: jsonSchema,
    ...(preset !== undefined && { default: preset as JsonValue }),
  };
}
