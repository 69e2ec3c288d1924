import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type ErrorCode,
  isJsonObject,
  isRpcError,
  isTrestleError,
  type JsonObject,
  type JsonValue,
  MODERN_VERSION,
  messageOf,
  type Principal,
  RPC,
  type ServerInstance,
  TRESTLE_META,
} from "@trestle/protocol";
import type { DefinedServer } from "../define/server.ts";
import { toOpenApi } from "./openapi.ts";

const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_input: 400,
  invalid_config: 500,
  not_found: 404,
  conflict: 409,
  denied: 403,
  rate_limited: 429,
  unavailable: 503,
  timeout: 504,
  cancelled: 499,
  in_progress: 409,
  outcome_unknown: 502,
  unsupported: 501,
  internal: 500,
};

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

/**
 * Tools for scripts, without MCP: `POST /tools/:name` takes the arguments as its body and answers
 * `{ result }` or `{ error: { code, message, retryable } }`; `GET /openapi.json` describes them.
 */
export function createPlainHttp(
  server: DefinedServer,
  instance: ServerInstance,
  options: { readonly needsKey: boolean },
) {
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    facts: { readonly body: JsonValue | undefined; readonly principal: Principal },
  ): Promise<boolean> => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (path === "/openapi.json" && request.method === "GET") {
      send(response, { status: 200, body: toOpenApi(server, options) });
      return true;
    }
    const name = /^\/tools\/([A-Za-z0-9_.-]+)$/.exec(path)?.[1];
    if (name === undefined) return false;
    if (request.method !== "POST") {
      response.setHeader("allow", "POST");
      send(response, failure(405, "invalid_input", "Call a tool with POST."));
      return true;
    }
    send(response, await callTool(instance, { name, request, response, ...facts }));
    return true;
  };
}

async function callTool(
  instance: ServerInstance,
  call: {
    name: string;
    request: IncomingMessage;
    response: ServerResponse;
    body: JsonValue | undefined;
    principal: Principal;
  },
): Promise<Answer> {
  const { name, request, response, body = {}, principal } = call;
  if (!isJsonObject(body)) {
    return failure(400, "invalid_input", "The body must be a JSON object: the tool's arguments.");
  }
  const controller = new AbortController();
  response.once("close", () => controller.abort());
  const key = request.headers["idempotency-key"];
  try {
    const result = await instance.request(
      "tools/call",
      {
        name,
        arguments: body,
        _meta: typeof key === "string" ? { [TRESTLE_META.idempotencyKey]: key } : {},
      },
      {
        principal,
        signal: controller.signal,
        client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
      },
    );
    return toAnswer(result);
  } catch (error) {
    return toFailure(error, name);
  }
}

function toAnswer(result: JsonObject): Answer {
  if (result.resultType === "input_required") {
    return failure(
      501,
      "unsupported",
      "This tool asks its user, which plain HTTP cannot: use MCP.",
    );
  }
  if (result.isError !== true) {
    return { status: 200, body: { result: result.structuredContent ?? result.content } };
  }
  const meta = isJsonObject(result._meta) ? result._meta[TRESTLE_META.error] : undefined;
  const facts = isJsonObject(meta) ? meta : { code: "internal", retryable: false };
  const status = STATUS[facts.code as ErrorCode] ?? 500;
  return { status, body: { error: { ...facts, message: textOf(result.content) } } };
}

function toFailure(error: unknown, name: string): Answer {
  if (isRpcError(error) && error.code === RPC.invalidParams) {
    const unknown = error.message.startsWith(`Unknown tool "${name}"`);
    return unknown
      ? failure(404, "not_found", error.message)
      : failure(400, "invalid_input", error.message);
  }
  if (isTrestleError(error)) return failure(STATUS[error.code], error.code, error.message);
  return failure(500, "internal", isRpcError(error) ? messageOf(error) : "The call failed.");
}

function failure(status: number, code: ErrorCode, message: string): Answer {
  return { status, body: { error: { code, message, retryable: false } } };
}

function textOf(content: JsonValue | undefined): string {
  const blocks = Array.isArray(content) ? content.filter(isJsonObject) : [];
  return blocks.map((block) => String(block.text ?? "")).join("\n");
}

function send(response: ServerResponse, { status, body }: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
