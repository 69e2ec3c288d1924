import type { JsonObject, JsonValue } from "@trestle/protocol";
import { isJsonObject } from "@trestle/protocol";

/** Which parameter the `Mcp-Name` header repeats. */
const NAMED_BY: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

interface MirroredParam {
  readonly header: string;
  readonly path: readonly string[];
}

/** The headers in which the modern era repeats a request's method, name and marked arguments. */
export interface ModernHeaders {
  /** Remembers the schemas in a `tools/list` result as it passes by. */
  observe(method: string, result: JsonObject): void;
  headersFor(method: string, params: JsonObject): Record<string, string>;
}

export function createModernHeaders(): ModernHeaders {
  const mirrored = new Map<string, readonly MirroredParam[]>();
  return {
    observe(method, { tools }) {
      if (method !== "tools/list" || !Array.isArray(tools)) return;
      for (const tool of tools)
        if (isJsonObject(tool) && typeof tool.name === "string")
          mirrored.set(tool.name, findMirrored(tool.inputSchema));
    },
    headersFor(method, params) {
      const headers: Record<string, string> = { "mcp-method": method };
      const key = NAMED_BY[method];
      const name = key === undefined ? undefined : params[key];
      if (typeof name !== "string") return headers;
      headers["mcp-name"] = encodeHeader(name);
      if (method !== "tools/call") return headers;
      for (const { header, path } of mirrored.get(name) ?? []) {
        const value = at(params.arguments, path);
        if (value !== undefined && value !== null && !isContainer(value))
          headers[`mcp-param-${header.toLowerCase()}`] = encodeHeader(textOf(value));
      }
      return headers;
    },
  };
}

/** As it is, or in base64 where a header could not carry it, or where it would read as base64. */
export function encodeHeader(value: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value);
  if (plain && !/^=\?base64\?.*\?=$/i.test(value)) return value;
  return `=?base64?${Buffer.from(value, "utf8").toString("base64")}?=`;
}

/** The marked properties of a schema, found through `properties` alone; a double or malformed name voids them all. */
function findMirrored(schema: JsonValue | undefined): readonly MirroredParam[] {
  const found: MirroredParam[] = [];
  const walk = (node: JsonValue | undefined, path: readonly string[]) => {
    if (!isJsonObject(node) || !isJsonObject(node.properties) || path.length > 16) return;
    for (const [key, property] of Object.entries(node.properties)) {
      if (!isJsonObject(property)) continue;
      const header = property["x-mcp-header"];
      if (typeof header === "string") found.push({ header, path: [...path, key] });
      walk(property, [...path, key]);
    }
  };
  walk(schema, []);
  const names = new Set(found.map(({ header }) => header.toLowerCase()));
  const valid = names.size === found.length && found.every(({ header }) => TOKEN.test(header));
  return valid ? found : [];
}

function at(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  let here = value;
  for (const key of path) here = isJsonObject(here) ? here[key] : undefined;
  return here;
}

/** Numbers that a double cannot hold are objects too, which print as their digits. */
function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
function isContainer(value: JsonValue): boolean {
  return typeof value === "object" && /^[[{]/.test(JSON.stringify(value));
}
