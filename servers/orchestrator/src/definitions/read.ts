import { type JsonObject, messageOf, TrestleError } from "@trestle/protocol";
import { parseDocument } from "yaml";
import type * as z from "zod";
import { type WorkflowDefinition, workflowDefinition } from "./schema.ts";

/** The longest text that is read as a definition, in characters. */
const MAX_TEXT = 4 * 1024 * 1024;

/**
 * Reads a workflow from a value, or from its text in JSON or YAML. Throws `invalid_input` that names every
 * place that is wrong, up to ten.
 */
export function readDefinition(given: unknown): WorkflowDefinition {
  const value = typeof given === "string" ? readText(given) : given;
  const parsed = workflowDefinition.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const more = issues.length > 10 ? `; and ${issues.length - 10} more` : "";
  const problems = issues.slice(0, 10).map((issue) => describe(issue, value));
  throw new TrestleError("invalid_input", `The workflow: ${problems.join("; ")}${more}`);
}

/** YAML is a superset of JSON. Aliases that blow up and tags that make objects are refused. */
function readText(text: string): unknown {
  if (text.length > MAX_TEXT) {
    throw new TrestleError("invalid_input", `The workflow has over ${MAX_TEXT} characters`);
  }
  try {
    const document = parseDocument(text, { schema: "core", uniqueKeys: true });
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const [line = ""] = messageOf(error).split("\n");
    throw new TrestleError("invalid_input", `The workflow is neither JSON nor YAML: ${line}`);
  }
}

function describe({ path, message }: z.core.$ZodIssue, value: unknown): string {
  const [first, index, ...rest] = path;
  if (first !== "steps" || typeof index !== "number")
    return `${path.join(".") || "it"}: ${message}`;
  const id = stepIdOf(value, index);
  const name = `step ${index + 1}${id === undefined ? "" : ` ("${id}")`}`;
  return `${[name, rest.join(".")].filter(Boolean).join(", ")}: ${message}`;
}

function stepIdOf(value: unknown, index: number): string | undefined {
  const { steps } = value as { steps?: readonly JsonObject[] };
  const id = steps?.[index]?.id;
  return typeof id === "string" ? id : undefined;
}
