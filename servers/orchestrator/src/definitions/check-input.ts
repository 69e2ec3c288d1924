import { isTrestleError, type JsonObject, messageOf, TrestleError } from "@trestle/protocol";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { boundedPattern } from "./bounded-pattern.ts";
import type { WorkflowDefinition } from "./schema.ts";
import { inputSchemaOf, toPlan } from "./to-plan.ts";

/** Compiled schemas that are kept: those of the workflows that run now. */
const KEPT = 100;
const compiled = new Map<string, ValidateFunction>();

/** Throws `invalid_input` where what a workflow gives as its input's JSON Schema is none. */
export async function checkInputSchema(definition: WorkflowDefinition): Promise<void> {
  const schema = inputSchemaOf(definition);
  if (schema !== undefined) await compile(schema);
}

/**
 * Throws `invalid_input` that names every place where an input is not what the workflow's JSON Schema asks for,
 * up to ten. Defaults are filled in first.
 */
export async function checkInput(definition: WorkflowDefinition, input: JsonObject): Promise<void> {
  const schema = inputSchemaOf(definition);
  if (schema === undefined) return;
  const validate = await compile(schema);
  const defaults = Object.entries(toPlan(definition).input).filter(([, value]) => value !== null);
  if (validate({ ...Object.fromEntries(defaults), ...input })) return;
  const problems = (validate.errors ?? []).slice(0, 10).map(describe);
  throw new TrestleError(
    "invalid_input",
    `The input of "${definition.id}": ${[...new Set(problems)].join("; ")}`,
  );
}

async function compile(schema: JsonObject): Promise<ValidateFunction> {
  const { $schema: _dialect, $id: _id, $async: _async, ...rest } = schema;
  const key = JSON.stringify(rest);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateFormats: false,
    logger: false,
    code: { regExp: Object.assign(boundedPattern, { code: "" }) },
  });
  try {
    const validate = ajv.compile(rest);
    if (compiled.size >= KEPT) compiled.delete(compiled.keys().next().value ?? "");
    compiled.set(key, validate);
    return validate;
  } catch (error) {
    if (isTrestleError(error)) throw error;
    throw new TrestleError(
      "invalid_input",
      `The workflow, input: no JSON Schema of draft 2020-12: ${messageOf(error)}`,
    );
  }
}

function describe({ instancePath, keyword, params, message = "is wrong" }: ErrorObject): string {
  const place = instancePath.slice(1).replaceAll("/", ".");
  const subject = place === "" ? "" : `${place} `;
  if (keyword === "required") return `${subject}lacks ${params.missingProperty}`;
  if (keyword === "additionalProperties")
    return `${subject}knows no ${String(params.additionalProperty).slice(0, 80)}`;
  if (keyword === "enum")
    return `${subject}must be one of ${JSON.stringify(params.allowedValues).slice(0, 200)}`;
  return `${subject}${message}`;
}
