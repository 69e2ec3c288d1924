import type { JsonObject } from "@trestle/protocol";
import * as z from "zod";
import type { Operation } from "../../../operations/operation.ts";
import { findOperation } from "../../find-operation.ts";
import { BASE } from "../path.ts";
import type { Route } from "../route.ts";
import { ROUTES } from "../routes.ts";
import { components, SERVER_HEADER } from "./components.ts";
import { pagePaths } from "./page-paths.ts";

/** The OpenAPI 3.1 document of the REST API, from the schemas that check what is asked. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  const shared: Record<string, JsonObject> = {};
  for (const route of ROUTES) {
    const path = `/${route.path.replace(/:(\w+)/g, "{$1}")}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: toOperation(route, shared) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Trestle",
      version,
      description:
        "The bridge over plain HTTP. Callers on the bridge's machine need no key as long as it has none.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: BASE }],
    tags: [...new Set(ROUTES.map(tagOf))].map((name) => ({ name })),
    paths: { ...paths, ...pagePaths() },
    components: { ...components, schemas: { ...(components.schemas as JsonObject), ...shared } },
    security: WITH_KEY,
  };
}

const WITH_KEY = [{ apiKey: [] }, { bearer: [] }];

/** What schemas define for themselves, by names of the whole document: there `#` is the document. */
type Shared = Record<string, JsonObject>;

function toOperation(route: Route, shared: Shared): JsonObject {
  const operation = findOperation(route.operation);
  const input = inputSchemaOf(operation, route, shared);
  const hasBody = route.method === "POST" || route.method === "PUT";
  const narrows = route.narrow !== undefined || "server" in operation.input.shape;
  const parameters = [
    ...partsOf(route).map((name) => pathParameter(name, operation, shared)),
    ...(hasBody ? [] : queryParameters(input)),
    ...(narrows ? [{ $ref: `#/components/parameters/${SERVER_HEADER}` }] : []),
  ];
  return {
    operationId: operationIdOf(route),
    tags: [tagOf(route)],
    summary: route.summary,
    description: `${operation.description} ${NEEDS[operation.needs]}`,
    ...(operation.needs === "anybody" ? { security: [{}, ...WITH_KEY] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(hasBody ? { requestBody: bodyOf(input) } : {}),
    responses: responsesOf(operation, route),
    "x-operation": operation.name,
    "x-needs": operation.needs,
  };
}

const NEEDS: Record<Operation["needs"], string> = {
  anybody: "Needs no key; with one it tells more.",
  caller: "What a key may not see is not told.",
  scope: "Takes a scope that covers it.",
  admin: "Takes the admin credential.",
};

/** What the path gives is not in the input again. */
function inputSchemaOf(operation: Operation, route: Route, shared: Shared): JsonObject {
  const inPath = Object.fromEntries(partsOf(route).map((name) => [name, true as const]));
  const input = operation.input.omit(inPath as Record<never, true>).strict();
  return toSchema(input, { name: operation.name, shared });
}

/** As it is asked for, before defaults are put in. */
function toSchema(
  schema: z.ZodType,
  { name, shared }: { readonly name: string; readonly shared: Shared },
): JsonObject {
  const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const text = JSON.stringify(made).replaceAll('"#/$defs/', `"#/components/schemas/${name}.`);
  const { $schema: _, $defs = {}, ...rest } = JSON.parse(text) as JsonObject;
  for (const [key, value] of Object.entries($defs as Shared)) shared[`${name}.${key}`] = value;
  return rest;
}

function pathParameter(name: string, operation: Operation, shared: Shared): JsonObject {
  const part = operation.input.shape[name] as z.ZodType;
  const { description, ...schema } = toSchema(part, { name: `${operation.name}.${name}`, shared });
  return { name, in: "path", required: true, ...(description && { description }), schema };
}

function queryParameters({ properties = {}, required = [] }: JsonObject): JsonObject[] {
  const needed = new Set(required as string[]);
  return Object.entries(properties as Record<string, JsonObject>).map(
    ([name, { description, ...schema }]) => ({
      ...{ name, in: "query", required: needed.has(name) },
      ...(description === undefined ? {} : { description }),
      schema,
    }),
  );
}

function bodyOf(input: JsonObject): JsonObject {
  const isNeeded = Array.isArray(input.required) && input.required.length > 0;
  return { required: isNeeded, content: { "application/json": { schema: input } } };
}

function responsesOf({ needs }: Operation, route: Route): JsonObject {
  const refused = (name: string): JsonObject => ({ $ref: `#/components/responses/${name}` });
  return {
    "200": { $ref: `#/components/responses/${route.toAnswer ? "Called" : "Done"}` },
    "400": refused("BadInput"),
    ...(needs === "anybody" ? {} : { "401": refused("Unauthenticated") }),
    "403": refused("Denied"),
    default: refused("Failed"),
  };
}

function partsOf({ path }: Route): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
}

/** `GET tools/:tool` is `get_tools_tool`. */
function operationIdOf({ method, path }: Route): string {
  return `${method.toLowerCase()}_${path.replace(/[^a-z_]+/g, "_")}`;
}

function tagOf({ path }: Route): string {
  return path.split("/", 1)[0] ?? "";
}
