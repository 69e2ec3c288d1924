/** Any JSON schema, as a server wrote it. */
export type Schema = Readonly<Record<string, unknown>>;

export type FieldKind = "text" | "lines" | "number" | "flag" | "choice" | "list" | "json";

/** One argument of a tool, as a form asks for it. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  /** What is used where it is left out, as a person would write it. */
  readonly preset: string | undefined;
  /** Of `choice`. */
  readonly choices: readonly string[];
  /** Of `number`: no fraction. */
  readonly whole: boolean;
}

/** What is written in each field; "" is nothing. */
export type Draft = Readonly<Record<string, string>>;

/** The fields of a tool's input, what it needs first. */
export function fieldsOf(schema: Schema): readonly FormField[] {
  const properties = objectOf(schema.properties);
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const fields = Object.entries(properties).map(([name, property]) =>
    fieldOf(name, objectOf(property), required.has(name)),
  );
  return fields.sort((a, b) => Number(b.required) - Number(a.required));
}

function fieldOf(name: string, schema: Schema, required: boolean): FormField {
  const preset = schema.default;
  return {
    name,
    label: typeof schema.title === "string" ? schema.title : name,
    hint: typeof schema.description === "string" ? schema.description : "",
    kind: kindOf(name, schema),
    required,
    preset: preset === undefined ? undefined : toText(preset),
    choices: choicesOf(schema),
    whole: typesOf(schema).includes("integer"),
  };
}

/** Names of arguments that are seldom a single line. */
const LONG =
  /^(?:sql|query|text|content|body|code|script|prompt|message|description|statement|diff|yaml|source)$/i;

function kindOf(name: string, schema: Schema): FieldKind {
  if (choicesOf(schema).length > 0) return "choice";
  const types = typesOf(schema).filter((type) => type !== "null");
  if (types.length !== 1) return "json";
  const [type] = types;
  if (type === "boolean") return "flag";
  if (type === "number" || type === "integer") return "number";
  if (type === "string") return LONG.test(name) ? "lines" : "text";
  const items = typesOf(objectOf(schema.items));
  return type === "array" && items.length === 1 && items[0] === "string" ? "list" : "json";
}

function typesOf({ type, anyOf }: Schema): readonly string[] {
  if (typeof type === "string") return [type];
  if (Array.isArray(type)) return type.map(String);
  return Array.isArray(anyOf) ? anyOf.flatMap((each) => typesOf(objectOf(each))) : [];
}

function choicesOf(schema: Schema): readonly string[] {
  const { enum: values } = schema;
  return Array.isArray(values) && values.every((value) => typeof value === "string") ? values : [];
}

export interface Filled {
  readonly arguments: Readonly<Record<string, unknown>>;
  /** What is wrong, by the name of the field. */
  readonly problems: Readonly<Record<string, string>>;
}

/** The arguments that a draft stands for. What is left empty is left out. */
export function fill(fields: readonly FormField[], draft: Draft): Filled {
  const values: Record<string, unknown> = {};
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const text = draft[field.name] ?? "";
    if (text.trim() === "") {
      if (field.required) problems[field.name] = "The tool needs this.";
      continue;
    }
    const read = readField(field, text);
    if ("problem" in read) problems[field.name] = read.problem;
    else values[field.name] = read.value;
  }
  return { arguments: values, problems };
}

type Read = { readonly value: unknown } | { readonly problem: string };

function readField({ kind, whole }: FormField, text: string): Read {
  if (kind === "flag") return { value: text === "true" };
  if (kind === "number") return readNumber(text, whole);
  if (kind === "list") return { value: text.split("\n").filter((line) => line !== "") };
  if (kind === "json") return readJson(text);
  return { value: text };
}

function readNumber(text: string, whole: boolean): Read {
  const value = Number(text);
  if (!Number.isFinite(value)) return { problem: "Write a number." };
  if (whole && !Number.isInteger(value)) return { problem: "Write a whole number." };
  return { value };
}

export function readJson(text: string): Read {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return {
      problem: `This is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** The draft that stands for these arguments: of an earlier try, or of what was written as JSON. */
export function draftOf(
  fields: readonly FormField[],
  given: Readonly<Record<string, unknown>>,
): Draft {
  const entries = fields
    .filter(({ name }) => given[name] !== undefined)
    .map(({ name, kind }) => [
      name,
      kind === "list" && Array.isArray(given[name]) ? given[name].join("\n") : toText(given[name]),
    ]);
  return Object.fromEntries(entries);
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function objectOf(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Schema)
    : {};
}
