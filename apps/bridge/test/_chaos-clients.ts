import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { isJsonObject, type JsonObject, META, MODERN_VERSION, parseJson } from "@trestle/protocol";
import type { RawEra } from "./_raw-client.ts";
import { HTTP_KEY } from "./_shared-bridges.ts";

/** A client that is cheap enough for a thousand of it: it speaks JSON-RPC over HTTP, and nothing else. */
export interface ChaosClient {
  readonly era: RawEra;
  /**
   * The result, all that its user is asked on the way answered. Throws what the bridge answered. Its requests are
   * marked with `mark` and their numbers.
   */
  call(mark: string, name: string, args: JsonObject): Promise<JsonObject>;
}

const CAPABILITIES: JsonObject = { elicitation: {} };
const ENVELOPE: JsonObject = {
  [META.protocolVersion]: MODERN_VERSION,
  [META.clientCapabilities]: CAPABILITIES,
};
const ACCEPT: JsonObject = { action: "accept", content: { yes: true } };

/** It closes what it does not use before nginx does, so that none is closed under a request. */
export function createAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 2_048, timeout: 60_000 });
}

export async function connectChaos(era: RawEra, url: string, agent: Agent): Promise<ChaosClient> {
  return era === "modern" ? modern(url, agent) : legacy(url, agent);
}

function modern(url: string, agent: Agent): ChaosClient {
  let id = 0;
  async function send(mark: string, name: string, params: JsonObject): Promise<JsonObject> {
    id += 1;
    const own = id;
    const headers = {
      "mcp-protocol-version": MODERN_VERSION,
      "mcp-method": "tools/call",
      "mcp-name": name,
    };
    const body = {
      jsonrpc: "2.0",
      id: own,
      method: "tools/call",
      params: { name, ...params, _meta: ENVELOPE },
    };
    let answer: JsonObject | undefined;
    await post({ url, agent, headers, body, mark }, (message) => {
      if (message.id === own) answer = message;
    });
    return resultOf(answer);
  }
  return {
    era: "modern",
    async call(mark, name, args) {
      let result = await send(`${mark}.1`, name, { arguments: args });
      for (let leg = 2; result.resultType === "input_required"; leg += 1) {
        const asked = isJsonObject(result.inputRequests) ? Object.keys(result.inputRequests) : [];
        const inputResponses = Object.fromEntries(asked.map((key) => [key, ACCEPT]));
        const requestState = result.requestState ?? null;
        const params = { arguments: args, inputResponses, requestState };
        result = await again((at) => send(`${mark}.${leg}${at}`, name, params));
      }
      return result;
    },
  };
}

async function legacy(url: string, agent: Agent): Promise<ChaosClient> {
  let id = 0;
  let session = "";
  async function send(
    mark: string,
    body: JsonObject,
    hear: (message: JsonObject) => void = () => {},
  ): Promise<void> {
    const headers = session === "" ? {} : { "mcp-session-id": session };
    const given = await post(
      { url, agent, headers, body: { jsonrpc: "2.0", ...body }, mark },
      hear,
    );
    session ||= given;
  }
  const clientInfo = { name: "chaos", version: "1" };
  const opening = { protocolVersion: "2025-06-18", capabilities: CAPABILITIES, clientInfo };
  await send("initialize", { id: 0, method: "initialize", params: opening });
  return {
    era: "legacy",
    async call(mark, name, args) {
      id += 1;
      let leg = 1;
      const own = id;
      let answer: JsonObject | undefined;
      const params = { name, arguments: args };
      await send(`${mark}.1`, { id: own, method: "tools/call", params }, (message) => {
        if (message.id === own && message.method === undefined) answer = message;
        if (message.method === "elicitation/create" && message.id !== undefined) {
          leg += 1;
          const answering = { id: message.id, result: ACCEPT };
          again((at) => send(`${mark}.${leg}${at}`, answering)).catch(() => {});
        }
      });
      return resultOf(answer);
    },
  };
}

/** A user's answer whose way broke off is brought once more: the call may be at a bridge that goes on. */
async function again<T>(bring: (at: string) => Promise<T>): Promise<T> {
  try {
    return await bring("");
  } catch (error) {
    if (!(error instanceof BrokenOff)) throw error;
    await pause(200);
    return bring("again");
  }
}

/** Nobody answered: the connection ended, or nginx lost the bridge. */
class BrokenOff extends Error {
  override readonly name = "BrokenOff";
}

function resultOf(answer: JsonObject | undefined): JsonObject {
  if (answer === undefined) throw new Error("the connection ended without an answer");
  if (isJsonObject(answer.error))
    throw Object.assign(new Error(String(answer.error.message)), answer.error);
  return isJsonObject(answer.result) ? answer.result : {};
}

interface Post {
  readonly url: string;
  readonly agent: Agent;
  readonly headers: Record<string, string>;
  readonly body: JsonObject;
  readonly mark: string;
}

const PATIENCE_MS = 90_000;

/** Resolves with the session that was given, once the answer has ended. */
function post(
  { url, agent, headers, body, mark }: Post,
  hear: (message: JsonObject) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new BrokenOff(error.message, { cause: error }));
    const sent = request(url, {
      agent,
      method: "POST",
      headers: {
        authorization: `Bearer ${HTTP_KEY}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "x-request-mark": mark,
        ...headers,
      },
    });
    sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error(`silent for ${PATIENCE_MS} ms`)));
    sent.on("error", fail);
    sent.on("response", (response) => {
      const isStream = response.headers["content-type"]?.startsWith("text/event-stream");
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (!isStream) return;
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) if (line.startsWith("data: {")) take(line.slice(6), hear);
      });
      response.on("error", fail);
      response.on("close", () => {
        if (!response.complete) fail(new Error("the answer broke off"));
      });
      response.on("end", () => {
        if (!isStream && text.startsWith("{")) take(text, hear);
        const isGood = (response.statusCode ?? 500) < 300 || text.startsWith("{");
        if (isGood) resolve(String(response.headers["mcp-session-id"] ?? ""));
        else fail(new Error(`HTTP ${response.statusCode}`));
      });
    });
    sent.end(JSON.stringify(body));
  });
}

function take(text: string, hear: (message: JsonObject) => void): void {
  const message = parseJson(text);
  if (isJsonObject(message)) hear(message);
}
