import { type ConfigField, type JsonObject, TrestleError } from "@trestle/protocol";
import type * as z from "zod";

/** Raw text by config key or environment name; empty text counts as not given. */
export type RawSettings = Readonly<Record<string, string | undefined>>;

/** The frozen config. One error names every bad setting and what was expected of it. */
export function parseConfig<Config extends z.ZodObject>(
  schema: Config,
  fields: readonly ConfigField[],
  settings: RawSettings,
): Readonly<z.output<Config>> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const raw = rawValue(field, settings);
    if (raw !== undefined) values[field.key] = fromText(raw, field.schema);
  }
  const parsed = schema.safeParse(values);
  if (parsed.success) return Object.freeze(parsed.data);
  throw configError(parsed.error.issues, fields, values);
}

/** The secrets among the settings, whose values no log line may carry. */
export function secretValues(fields: readonly ConfigField[], settings: RawSettings): string[] {
  return fields
    .filter((field) => field.secret)
    .map((field) => rawValue(field, settings))
    .filter((value) => value !== undefined);
}

function rawValue(field: ConfigField, settings: RawSettings): string | undefined {
  return settings[field.key] || settings[field.env] || undefined;
}

/** Text as the setting's type means it; what does not fit stays text, for the schema to refuse. */
function fromText(text: string, schema: JsonObject): unknown {
  const types = typesOf(schema);
  if (types.has("boolean")) {
    if (/^(true|1|yes|on)$/i.test(text)) return true;
    if (/^(false|0|no|off)$/i.test(text)) return false;
  }
  if (types.has("number") || types.has("integer")) {
    const number = Number(text);
    if (text.trim() !== "" && Number.isFinite(number)) return number;
  }
  if (types.has("string")) return text;
  if (types.has("array") && !text.trimStart().startsWith("[")) {
    return text.split(",").map((item) => item.trim());
  }
  if (types.has("array") || types.has("object")) return fromJson(text);
  return text;
}

function typesOf(schema: JsonObject): ReadonlySet<unknown> {
  const alternatives = [schema.anyOf, schema.oneOf].flatMap((list) =>
    Array.isArray(list) ? (list as JsonObject[]) : [],
  );
  return new Set([schema.type, ...alternatives.map((alternative) => alternative.type)].flat());
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function configError(
  issues: readonly z.core.$ZodIssue[],
  fields: readonly ConfigField[],
  values: Record<string, unknown>,
): TrestleError {
  const lines = issues.map((issue) => {
    const field = fields.find(({ key }) => key === issue.path[0]);
    if (field === undefined) return `- ${issue.path.join(".") || "(all)"}: ${issue.message}`;
    const problem = field.key in values ? issue.message : "is missing";
    return `- ${field.env} (${field.flag}): ${problem}; expected ${expectedOf(field)}. ${field.description}`;
  });
  return new TrestleError(
    "invalid_config",
    `The configuration is not valid:\n${[...new Set(lines)].join("\n")}`,
    { details: { keys: issues.map((issue) => String(issue.path[0] ?? "")) } },
  );
}

/** What a setting takes, in a few words. */
export function expectedOf({ schema }: ConfigField): string {
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.join(", ")}`;
  if (schema.const !== undefined) return `${schema.const}`;
  const types = [...typesOf(schema)].filter((type) => typeof type === "string");
  const name = types.map((type) => (type === "array" ? "list (a,b,c)" : type)).join(" or ");
  const range = [
    schema.minimum !== undefined ? `at least ${schema.minimum}` : "",
    schema.maximum !== undefined ? `at most ${schema.maximum}` : "",
    typeof schema.format === "string" ? schema.format : "",
  ].filter((part) => part !== "");
  return [name || "text", ...range].join(", ");
}
