import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  TrestleError,
} from "@trestle/protocol";
import type { Route } from "../inbound/rest/route.ts";
import { ROUTES } from "../inbound/rest/routes.ts";

export interface RestPeer {
  /** Of its REST API. */
  readonly rest: string;
  readonly key: string | undefined;
  readonly signal: AbortSignal;
}

/** Asks an operation of a bridge over HTTP. The bridge's failure is thrown as it was. */
export async function askRest(
  name: string,
  input: JsonObject,
  { rest, key, signal }: RestPeer,
): Promise<JsonObject> {
  const route = ROUTES.find(({ operation }) => operation === name);
  if (!route) throw new TrestleError("unsupported", `${name} cannot be asked over HTTP.`);
  const { path, query, body } = requestOf(route, input);
  const response = await fetch(`${rest}/${path}${query}`, {
    method: route.method,
    headers: {
      "content-type": "application/json",
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    ...(body === undefined ? {} : { body }),
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) throw new TrestleError("cancelled", "Interrupted.");
    throw new TrestleError(
      "unavailable",
      `No bridge answers at ${rest}. Start it with \`trestle serve\`, or correct MCP_BRIDGE_URL.`,
      { cause: error },
    );
  });
  return dataOf(envelopeOf(await response.text(), rest), name);
}

function requestOf(
  { path: pattern, method }: Route,
  input: JsonObject,
): { path: string; query: string; body: string | undefined } {
  const rest = { ...input };
  const path = pattern.replace(/:([a-z_]+)/g, (_, part: string) => {
    const value = rest[part];
    delete rest[part];
    return encodeURIComponent(String(value));
  });
  if (method === "POST" || method === "PUT") return { path, query: "", body: JSON.stringify(rest) };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) query.append(name, textOf(value));
  }
  return { path, query: query.size === 0 ? "" : `?${query}`, body: undefined };
}

function textOf(value: JsonValue): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function envelopeOf(text: string, rest: string): JsonObject {
  try {
    const value = parseJson(text);
    if (isJsonObject(value) && typeof value.success === "boolean") return value;
  } catch {
    // Told below, whatever it was.
  }
  throw new TrestleError(
    "unavailable",
    `What answers at ${rest} is no bridge of this kind. Correct MCP_BRIDGE_URL.`,
  );
}

/** What the operation answered; of a call that failed, too. */
function dataOf({ data, metadata, error }: JsonObject, name: string): JsonObject {
  if (isJsonObject(data)) {
    return name === "call_tool" && isJsonObject(metadata) ? { ...data, metadata } : data;
  }
  const { code, message, details } = isJsonObject(error) ? error : {};
  const text = typeof message === "string" ? message : "The bridge refused.";
  const { execution_id: executionId } = isJsonObject(metadata) ? metadata : {};
  throw Object.assign(new Error(text), { code: code ?? "internal", details, executionId });
}
