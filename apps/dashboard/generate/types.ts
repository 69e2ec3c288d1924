/** Anything that JSON can say: this package has no dependencies of ours. */
type Json = null | boolean | number | string | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [name: string]: Json | undefined;
}

const HEADING = `// Generated from the OpenAPI document of the bridge; see README.md. Changes here are lost.

/** JSON that the document does not describe. */
export type Unknown = unknown;
`;

/**
 * The TypeScript types of an OpenAPI document: one entry of `Operations` for each, named as the table of
 * `docs/rest.md` names it (`GET tools/:tool`), and one type for each schema that several share.
 */
export function typesOf(document: object): string {
  const { paths, components } = document as { paths: JsonObject; components: JsonObject };
  const shared = objectOf(components.schemas);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(objectOf(methods)).map(([method, operation]) =>
      operationType(`${method.toUpperCase()} ${nameOfPath(path)}`, objectOf(operation), document),
    ),
  );
  const named = Object.entries(shared).map(
    ([name, schema]) => `export type ${typeName(name)} = ${typeOf(schema)};\n`,
  );
  return `${HEADING}\nexport interface Operations {\n${operations.join("")}}\n\n${named.join("\n")}`;
}

/** `/tools/{tool}` is `tools/:tool`. */
function nameOfPath(path: string): string {
  return path.slice(1).replace(/\{(\w+)\}/g, ":$1");
}

function operationType(name: string, operation: JsonObject, document: object): string {
  const parameters = listOf(operation.parameters).map((each) => resolve(each, document));
  const inputs = (where: string): string => parametersType(parameters, where);
  const body = operation.requestBody === undefined ? "never" : typeOf(bodyOf(operation));
  const fields = [
    `path: ${inputs("path")}`,
    `query: ${inputs("query")}`,
    `body: ${body}`,
    `data: ${dataType(operation, document)}`,
  ];
  return `  ${JSON.stringify(name)}: {\n${fields.map((field) => `    ${field};\n`).join("")}  };\n`;
}

function parametersType(parameters: readonly JsonObject[], where: string): string {
  const own = parameters.filter((each) => each.in === where);
  if (own.length === 0) return "Record<never, never>";
  const fields = own.map(
    ({ name, required, schema }) =>
      `${property(String(name))}${required === true ? "" : "?"}: ${typeOf(schema)}`,
  );
  return `{ ${fields.join("; ")} }`;
}

function bodyOf({ requestBody }: JsonObject): Json | undefined {
  return jsonSchemaOf(objectOf(requestBody));
}

/** What stands in the envelope; of what stands in none, the whole. */
function dataType(operation: JsonObject, document: object): string {
  const response = resolve(objectOf(operation.responses)["200"], document);
  const schema = jsonSchemaOf(response);
  if (schema === undefined) return "string";
  const data = dataOf(schema, document);
  return data === undefined ? "Unknown" : typeOf(data);
}

/** The schema of `data` in an envelope, wherever the document puts it. */
function dataOf(schema: Json | undefined, document: object): Json | undefined {
  const { properties, allOf, oneOf, anyOf } = resolve(schema, document);
  const own = objectOf(properties).data;
  if (own !== undefined && Object.keys(objectOf(own)).some((key) => key !== "description")) {
    return own;
  }
  // What is said last of several that hold together says most; of several that may be, the first is the usual one.
  for (const part of [...listOf(allOf).toReversed(), ...listOf(oneOf), ...listOf(anyOf)]) {
    const found = dataOf(part, document);
    if (found !== undefined && typeOf(found) !== "Unknown") return found;
  }
  return own;
}

function jsonSchemaOf({ content }: JsonObject): Json | undefined {
  return objectOf(objectOf(content)["application/json"]).schema;
}

/** What a `$ref` points at. */
function resolve(part: Json | undefined, document: object): JsonObject {
  const found = objectOf(part);
  if (typeof found.$ref !== "string") return found;
  const steps = found.$ref.slice(2).split("/");
  const target = steps.reduce<Json | undefined>(
    (within, step) => objectOf(within)[step],
    document as JsonObject,
  );
  return resolve(target, document);
}

/** A schema as a type; what it says beyond types is for the bridge to check. */
function typeOf(schema: Json | undefined): string {
  const each = objectOf(schema);
  if (typeof each.$ref === "string") return typeName(each.$ref.split("/").at(-1) ?? "");
  if ("const" in each) return JSON.stringify(each.const);
  if (Array.isArray(each.enum)) return union(each.enum.map((value) => JSON.stringify(value)));
  const variants = [...listOf(each.anyOf), ...listOf(each.oneOf)];
  if (variants.length > 0) return union(variants.map(typeOf));
  if (Array.isArray(each.allOf))
    return each.allOf.map((part) => bracketed(typeOf(part))).join(" & ");
  const types = Array.isArray(each.type) ? each.type : [each.type];
  return union(types.map((type) => plainType(type, each)));
}

function plainType(type: Json | undefined, schema: JsonObject): string {
  if (type === "string" || type === "boolean" || type === "null") return type;
  if (type === "number" || type === "integer") return "number";
  if (type === "array") return `${bracketed(typeOf(schema.items))}[]`;
  if (type === "object" || schema.properties !== undefined) return objectType(schema);
  return "Unknown";
}

function objectType({ properties, required, additionalProperties }: JsonObject): string {
  const needed = new Set(listOf(required));
  const fields = Object.entries(objectOf(properties)).map(
    ([name, schema]) => `${property(name)}${needed.has(name) ? "" : "?"}: ${typeOf(schema)}`,
  );
  const rest = typeof additionalProperties === "object" ? typeOf(additionalProperties) : "Unknown";
  // Not a `Record`: that may not name itself.
  if (fields.length === 0) return `{ [name: string]: ${rest} }`;
  return `{ ${fields.join("; ")} }`;
}

function union(types: readonly string[]): string {
  const all = [...new Set(types)];
  return all.includes("Unknown") ? "Unknown" : all.join(" | ");
}

function bracketed(type: string): string {
  return /[|&]/.test(type) ? `(${type})` : type;
}

function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** `server_add.Entry` is `ServerAddEntry`. */
function typeName(name: string): string {
  return name.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) =>
    letter.toUpperCase(),
  );
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
