import type { IncomingMessage } from "node:http";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type RequestContext,
  type ServerInstance,
} from "@trestle/protocol";

/** An argument that its tool wants mirrored in a header, by `x-mcp-header` in the input schema. */
interface Declaration {
  readonly path: readonly string[];
  readonly header: string;
  readonly numeric: boolean;
}

/** A header and what is wrong with it. */
export interface HeaderMismatch {
  readonly header: string;
  readonly message: string;
}

export interface ParamHeaders {
  /** Compares the mirrored headers of a modern tools/call with its arguments. */
  check(
    request: IncomingMessage,
    params: JsonObject,
    context: RequestContext,
  ): Promise<HeaderMismatch | undefined>;
  close(): void;
}

/** Lists kept at once, one per principal: what is listed may depend on who asks. */
const MAX_LISTS = 100;

export function createParamHeaders(instance: ServerInstance): ParamHeaders {
  const lists = new Map<string, Promise<Map<string, Declaration[]>>>();
  const unsubscribe = instance.subscribe((event) => {
    if (event.kind === "toolsChanged") lists.clear();
  });

  function declarationsFor(context: RequestContext): Promise<Map<string, Declaration[]>> {
    const { id } = context.principal;
    const known = lists.get(id);
    if (known) return known;
    const [oldest] = lists.keys();
    if (oldest !== undefined && lists.size >= MAX_LISTS) lists.delete(oldest);
    const list = listDeclarations(instance, context);
    lists.set(id, list);
    // A list that failed is asked for again; the call itself will say what is wrong.
    list.catch(() => lists.delete(id));
    return list;
  }

  return {
    async check(request, params, context) {
      const declarations = await declarationsFor(context).catch(() => undefined);
      for (const declaration of declarations?.get(String(params.name)) ?? []) {
        const mismatch = compare(declaration, params.arguments, request);
        if (mismatch) return mismatch;
      }
      return undefined;
    },
    close: unsubscribe,
  };
}

async function listDeclarations(
  instance: ServerInstance,
  context: RequestContext,
): Promise<Map<string, Declaration[]>> {
  const byTool = new Map<string, Declaration[]>();
  // Others wait for the same list: it outlives the request that was first.
  const lasting = { ...context, signal: new AbortController().signal };
  const seen = new Set<JsonValue | undefined>();
  let cursor: JsonValue | undefined;
  do {
    seen.add(cursor);
    const page = await instance.request(
      "tools/list",
      cursor === undefined ? {} : { cursor },
      lasting,
    );
    for (const tool of Array.isArray(page.tools) ? page.tools : []) {
      if (!isJsonObject(tool)) continue;
      const declarations = [...declared(tool.inputSchema, [])];
      if (declarations.length > 0) byTool.set(String(tool.name), declarations);
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined && !seen.has(cursor));
  return byTool;
}

/** Only properties reachable through `properties` alone may be mirrored. */
function* declared(schema: JsonValue | undefined, path: string[]): Generator<Declaration> {
  if (!isJsonObject(schema)) return;
  const header = schema["x-mcp-header"];
  if (typeof header === "string" && path.length > 0) {
    const numeric = schema.type === "integer" || schema.type === "number";
    yield { path, header: `Mcp-Param-${header}`, numeric };
  }
  if (!isJsonObject(schema.properties)) return;
  for (const [name, child] of Object.entries(schema.properties))
    yield* declared(child, [...path, name]);
}

function compare(
  { path, header, numeric }: Declaration,
  args: JsonValue | undefined,
  request: IncomingMessage,
): HeaderMismatch | undefined {
  const expected = toText(valueAt(args, path));
  if (expected === undefined) return undefined;
  const given = request.headers[header.toLowerCase()];
  const argument = path.join(".");
  if (typeof given !== "string")
    return { header, message: `the header is missing, but the body carries ${argument}` };
  const decoded = decode(given);
  if (decoded === undefined) return { header, message: "its Base64 value is not valid" };
  const equal = numeric ? Number(decoded) === Number(expected) : decoded === expected;
  return equal ? undefined : { header, message: `it differs from ${argument} in the body` };
}

function valueAt(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  let at = value;
  for (const key of path) at = isJsonObject(at) ? at[key] : undefined;
  return at;
}

/** Undefined where nothing is mirrored: absent values, and numbers that a header need not hold exactly. */
function toText(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number") return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Values that a header cannot carry are wrapped: `=?base64?…?=`. */
function decode(value: string): string | undefined {
  const wrapped = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  if (wrapped === undefined) return value;
  if (!BASE64.test(wrapped)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(wrapped, "base64"));
  } catch {
    return undefined;
  }
}
