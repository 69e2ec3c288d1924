import {
  canonicalJson,
  type Era,
  type JsonObject,
  parseJson,
  type RequestContext,
  RPC,
  RpcError,
  type ServerInstance,
  TrestleError,
} from "@trestle/protocol";
import { createListPlain } from "../src/catalog/list-plain.ts";
import { sameUris } from "../src/catalog/uris.ts";
import { buildView } from "../src/catalog/view.ts";

type Run = (params: JsonObject, context: RequestContext) => Promise<JsonObject> | JsonObject;

const text = (words: string): JsonObject[] => [{ type: "text", text: words }];
const object = { type: "object" };

/** Every way a tool can answer, each under a name of its own. */
const runs: Record<string, Run> = {
  // The SDK puts its own order on what stands beside the arguments.
  echo: ({ arguments: args, ...rest }) => ({
    content: text(`${JSON.stringify(args)} ${canonicalJson(rest)}`),
    "x-extra": { z: 1, a: [null] },
  }),
  received_context: (_params, { client, logLevel, principal }) => ({
    content: text(JSON.stringify({ client, logLevel, principal: principal.id })),
  }),
  unusual_blocks: () => ({
    content: [
      { type: "image", data: "AAAA", mimeType: "image/png", "x-block": { b: 1, a: 2 } },
      { type: "hologram", unknown: true },
      { text: "type last", annotations: { priority: 0.5, mood: "odd" }, type: "text" },
    ],
  }),
  numbers: () =>
    parseJson(
      '{"content":[],"structuredContent":{"big":9007199254740993,"huge":1e400,"minus":-0,"__proto__":{"a":1}}}',
    ) as JsonObject,
  empty_content: () => ({ content: [] }),
  no_content: () => ({ structuredContent: { a: 1 } }),
  nothing: () => ({}),
  list_content: () => ({ content: text("list"), structuredContent: [1, 2] }),
  list_content_only: () => ({ content: [], structuredContent: ["a", { b: 1 }] }),
  text_content: () => ({ content: [], structuredContent: "words" }),
  null_content: () => ({ content: text("null"), structuredContent: null }),
  tool_error: () => ({
    content: text("no such file"),
    isError: true,
    _meta: { "trestle/error": { code: "not_found", retryable: false } },
  }),
  own_meta: () => ({
    content: [],
    _meta: { "com.example/trace": "t1", "io.modelcontextprotocol/serverInfo": { name: "inner" } },
  }),
  typed: () => ({ content: [], resultType: "complete" }),
  task: () => ({ resultType: "task", taskId: "1" }),
  ask: () => ({
    resultType: "input_required",
    inputRequests: {
      who: {
        method: "elicitation/create",
        params: { message: "Who?", requestedSchema: { type: "object", properties: {} } },
      },
    },
    requestState: "state",
  }),
  ask_nothing: () => ({ resultType: "input_required" }),
  rpc_fault: () => {
    throw new RpcError(-32_050, "Out of order", { queue: [1, { n: 2 }] });
  },
  bare_fault: () => {
    throw new RpcError(RPC.invalidParams, "Wrong");
  },
  trestle_fault: () => {
    throw new TrestleError("rate_limited", "Slow down.", {
      retryAfterMs: 1500,
      details: { limit: 3 },
    });
  },
  crash: () => {
    throw new Error("a secret detail");
  },
  progress: (_params, { onProgress }) => {
    onProgress?.({ progress: 1, total: 2, message: "half" });
    onProgress?.({ progress: 2, total: 2 });
    return { content: text(onProgress ? "reported" : "not asked") };
  },
  log: (_params, { onLog }) => {
    onLog?.({ level: "debug", data: "fine" });
    onLog?.({ level: "error", logger: "disk", data: { full: true } });
    return { content: text(onLog ? "logged" : "not asked") };
  },
  header: ({ arguments: args }) => ({ content: text(JSON.stringify(args)) }),
  list_output: () => ({ content: [], structuredContent: [1] }),
  größe: () => ({ content: text("groß") }),
};

const definitions: JsonObject[] = Object.keys(runs).map((name) => {
  const tool: JsonObject = { name, inputSchema: object };
  if (name === "header") {
    const properties = { region: { type: "string", "x-mcp-header": "Region" } };
    return { ...tool, inputSchema: { type: "object", properties } };
  }
  return name === "list_output" ? { ...tool, outputSchema: { type: "array" } } : tool;
});

const prompts: JsonObject[] = [{ name: "greet", arguments: [{ name: "who" }], "x-extra": 1 }];

/** An instance of little but tools, answering the same whatever way a call came in, and what it is like. */
export interface WireSubject {
  readonly instance: ServerInstance;
  /** As the catalog of the bridge decides it; the one name that hosts do not accept is let through as it is. */
  readonly isPlain: (name: string) => boolean;
  readonly isListPlain: (era: Era) => boolean;
}

export function createWireSubject(omitted: readonly string[] = []): WireSubject {
  const tools = definitions.filter(({ name }) => !omitted.includes(String(name)));
  const view = buildView(
    [{ id: "wire", tools, prompts: [], resources: [], templates: [] }],
    { prefix: "never", maxLength: 64 },
    () => sameUris,
  );
  return {
    isPlain: (name) => name === "größe" || (view.tools.get(name)?.isPlain ?? false),
    isListPlain: createListPlain({ allTools: () => view.tools }),
    instance: {
      info: { name: "wire", version: "1.0.0" },
      instructions: "Ask for an echo.",
      capabilities: { tools: { listChanged: true }, prompts: {}, logging: {} },
      async request(method, params, context) {
        if (method === "tools/list") return listFor({ tools }, params, context);
        if (method === "prompts/list") return listFor({ prompts }, params, context);
        const name = String(params.name);
        const run = Object.hasOwn(runs, name) ? runs[name] : undefined;
        if (!run) throw new RpcError(RPC.invalidParams, `Unknown tool: ${params.name}`);
        return run(params, context);
      },
      subscribe: () => () => {},
      close: async () => {},
    },
  };
}

/** As the bridge lists: one page, with how long it may be kept where that can be said. */
function listFor(list: JsonObject, params: JsonObject, { client }: RequestContext): JsonObject {
  if (params.cursor !== undefined) throw new RpcError(RPC.invalidParams, "Unknown cursor");
  return { ...list, ...(client.era === "modern" && { ttlMs: 30_000, cacheScope: "private" }) };
}
