import type { JsonObject } from "@trestle/protocol";
import type * as z from "zod";
import type { Operation } from "../../../operations/operation.ts";
import { findOperation } from "../../find-operation.ts";
import { BASE } from "../path.ts";
import type { Route } from "../route.ts";
import { ROUTES } from "../routes.ts";
import { answerOf } from "./answers.ts";
import { components, SERVER_HEADER } from "./components.ts";
import { describeEvents } from "./events.ts";
import { type MountedTools, mountedTools } from "./mounted-tools.ts";
import { pagePaths } from "./page-paths.ts";
import { createSchemas, type Schemas } from "./schemas.ts";

/** The OpenAPI 3.1 document of the REST API, from the schemas that check what is asked and say what is answered. */
export async function openApiDocument(version: string): Promise<JsonObject> {
  const parts: Parts = { schemas: createSchemas(), tools: await mountedTools() };
  const paths: Record<string, JsonObject> = {};
  for (const route of ROUTES) {
    const path = `/${route.path.replace(/:(\w+)/g, "{$1}")}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: toOperation(route, parts) };
  }
  const events = describeEvents(parts.schemas);
  const schemas = { ...(components.schemas as JsonObject), ...sorted(parts.schemas.defined()) };
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
    "x-events": events,
    components: { ...components, schemas },
    security: WITH_KEY,
  };
}

const WITH_KEY = [{ apiKey: [] }, { bearer: [] }];

interface Parts {
  readonly schemas: Schemas;
  readonly tools: MountedTools;
}

function sorted(schemas: Readonly<Record<string, JsonObject>>): JsonObject {
  return Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function toOperation(route: Route, parts: Parts): JsonObject {
  const operation = findOperation(route.operation);
  const input = inputSchemaOf(operation, route, parts);
  const hasBody = route.method === "POST" || route.method === "PUT";
  const narrows = route.narrow !== undefined || "server" in operation.input.shape;
  const parameters = [
    ...partsOf(route).map((name) => pathParameter(name, operation, parts)),
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
    responses: responsesOf(operation, route, parts),
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
function inputSchemaOf(operation: Operation, route: Route, { schemas }: Parts): JsonObject {
  const inPath = Object.fromEntries(partsOf(route).map((name) => [name, true as const]));
  const input = operation.input.omit(inPath as Record<never, true>).strict();
  return schemas.asked(input, operation.name);
}

function pathParameter(name: string, operation: Operation, { schemas }: Parts): JsonObject {
  const part = operation.input.shape[name] as z.ZodType;
  const { description, ...schema } = schemas.asked(part, `${operation.name}.${name}`);
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

function responsesOf(operation: Operation, route: Route, parts: Parts): JsonObject {
  const refused = (name: string): JsonObject => ({ $ref: `#/components/responses/${name}` });
  return {
    "200": answerOf(operation, route, parts),
    "400": refused("BadInput"),
    ...(operation.needs === "anybody" ? {} : { "401": refused("Unauthenticated") }),
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
