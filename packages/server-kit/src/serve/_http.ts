import { type JsonObject, META, MODERN_VERSION, silentLogger } from "@trestle/protocol";
import { onTestFinished } from "vitest";
import { type Answer, createTestInstance } from "./_instance.ts";
import { type ServeHttpOptions, serveHttp } from "./node-http.ts";

export const ENVELOPE = { [META.protocolVersion]: MODERN_VERSION, [META.clientCapabilities]: {} };

export async function start(
  answers: Record<string, Answer>,
  options: Partial<ServeHttpOptions> = {},
) {
  const instance = createTestInstance(answers);
  const serving = await serveHttp(instance, { port: 0, log: silentLogger, ...options });
  onTestFinished(() => serving.close());
  return { instance, serving, url: serving.url };
}

interface Sent {
  status: number;
  headers: Headers;
  text: string;
}

export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const response = await fetch(url, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: { x: 1 },
    clientInfo: { name: "c", version: "1" },
  },
};

export async function openSession(
  url: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const { headers: answered } = await post(url, initialize, headers);
  return answered.get("mcp-session-id") ?? "none";
}

export function modernCall(
  name: string,
  params: JsonObject = {},
): [body: JsonObject, headers: Record<string, string>] {
  return [
    { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, _meta: ENVELOPE, ...params } },
    { "mcp-protocol-version": MODERN_VERSION, "mcp-method": "tools/call", "mcp-name": name },
  ];
}
