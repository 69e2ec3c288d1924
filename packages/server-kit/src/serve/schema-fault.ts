import type { JsonObject, JsonValue } from "@trestle/protocol";

/**
 * What is wrong with a value by a JSON Schema of the dialect that it names (2020-12 where it names none);
 * undefined where it fits. Rejects for what is no schema. The validator is loaded with the first use.
 */
export async function schemaFault(
  schema: JsonObject,
  value: JsonValue,
): Promise<string | undefined> {
  const { AjvJsonSchemaValidator } = await import("@modelcontextprotocol/server/validators/ajv");
  const validate = new AjvJsonSchemaValidator().getValidator(schema as never);
  // Numbers that no double holds are objects here, and texts for whoever reads JSON.
  const checked = validate(JSON.parse(JSON.stringify(value)));
  return checked.valid ? undefined : checked.errorMessage;
}
