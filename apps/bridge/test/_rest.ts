import { request as httpRequest } from "node:http";
import { fileURLToPath } from "node:url";
import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";
import { type RunningBridge, startBridge, temporaryFolder } from "./_bridge.ts";

const UPSTREAM = fileURLToPath(new URL("./fixtures/upstream.ts", import.meta.url));

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: JsonObject;
}

/** A bridge with one server named `one` (alias `uno`), and its REST API. */
export interface RestBridge extends RunningBridge {
  /** Where its REST API is. */
  readonly rest: string;
  get(path: string, headers?: Record<string, string>): Promise<Answered>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answered>;
  ask(path: string, init: RequestInit): Promise<Answered>;
}

export async function startRest(
  config: JsonObject = {},
  env: Record<string, string> = {},
  server: JsonObject = {},
  others: JsonObject = {},
): Promise<RestBridge> {
  const home = temporaryFolder();
  const args = [UPSTREAM, `--root=${home}`, "--name=one"];
  const one = { command: process.execPath, args, aliases: ["uno"], ...server };
  const bridge = await startBridge({
    home,
    // Nobody's own programs are looked into.
    env: { HOME: home, ...env },
    config: { mcpServers: { one, ...others }, ...config },
  });
  const rest = bridge.url.replace(/\/mcp$/, "/api/mcp");

  async function ask(path: string, init: RequestInit): Promise<Answered> {
    const response = await fetch(path.startsWith("http") ? path : `${rest}/${path}`, init);
    const text = await response.text();
    const body = text === "" ? {} : parseJson(text);
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJsonObject(body) ? body : {},
    };
  }

  return {
    ...bridge,
    rest,
    ask,
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, body, headers = {}) =>
      ask(path, {
        method: "POST",
        headers,
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}

/** A request with headers that `fetch` would not send. */
export function rawStatus(
  url: string,
  options: { readonly method: string; readonly headers: Record<string, string> },
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, options, (response) => {
      response.resume();
      resolve(response.statusCode);
      request.destroy();
    });
    request.on("error", reject);
    request.flushHeaders();
    if (options.headers["content-length"] === undefined) request.end();
  });
}
