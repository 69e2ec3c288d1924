import type { JsonObject, JsonValue } from "@trestle/protocol";

/** One message, and whether it is plain enough for the short way. */
export interface WireCase {
  readonly name: string;
  readonly era: "modern" | "legacy";
  readonly message: JsonObject | JsonObject[] | string;
  /** Headers to set over those that fit the message; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** What a legacy client asks for with `logging/setLevel` first. */
  readonly logLevel?: string;
  readonly short: { readonly http: boolean; readonly stream: boolean };
}

interface Extra extends Partial<Omit<WireCase, "short" | "name" | "era">> {
  readonly params?: JsonObject;
  readonly meta?: JsonObject;
  readonly top?: JsonObject;
  readonly short?: boolean | WireCase["short"];
}

const envelope: JsonObject = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "corpus", version: "1" },
};
const noShort = false;
const onlyStream = { http: false, stream: true };

function call(era: WireCase["era"], name: string, extra: Extra = {}): WireCase {
  const { params, meta, top, short = true, message, ...rest } = extra;
  const fullMeta = era === "modern" ? { ...envelope, ...meta } : meta;
  return {
    name,
    era,
    message: message ?? {
      jsonrpc: "2.0",
      id: 7,
      method: "tools/call",
      params: {
        name: "echo",
        arguments: { a: 1 },
        ...params,
        ...(fullMeta && { _meta: clean(fullMeta) }),
      },
      ...top,
    },
    short: typeof short === "boolean" ? { http: short, stream: short } : short,
    ...rest,
  };
}

function clean(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function both(name: string, extra: Extra = {}): WireCase[] {
  return [call("modern", name, extra), call("legacy", name, extra)];
}

const plainTools = [
  "echo",
  "received_context",
  "unusual_blocks",
  "numbers",
  "empty_content",
  "no_content",
  "nothing",
  "list_content",
  "list_content_only",
  "text_content",
  "null_content",
  "tool_error",
  "own_meta",
  "typed",
  "task",
  "ask",
  "ask_nothing",
  "rpc_fault",
  "bare_fault",
  "trestle_fault",
  "crash",
  "progress",
  "log",
];

const bodies: WireCase[] = [
  ...plainTools.flatMap((name) => both(`${name} is called`, { params: { name } })),
  ...both("a tool that does not exist is called", { params: { name: "nonesuch" }, short: noShort }),
  ...both("the name is missing", { params: { name: undefined }, short: noShort }),
  ...both("the name is a number", { params: { name: 5 }, short: noShort }),
  ...both("the arguments are missing", { params: { arguments: undefined } }),
  ...both("the arguments are a list", { params: { arguments: [1] }, short: noShort }),
  ...both("the arguments are null", { params: { arguments: null }, short: noShort }),
  ...both("the params hold an unknown field", { params: { "x-unknown": { z: 1, a: 2 } } }),
  ...both("the params are missing", { top: { params: undefined }, short: noShort }),
  ...both("the params are a list", { top: { params: [] as never }, short: noShort }),
  ...both("there is a field beside params", { top: { extra: 1 }, short: noShort }),
  ...both("the version of JSON-RPC is missing", { top: { jsonrpc: undefined }, short: noShort }),
  ...both("the id is text", { top: { id: "seven" } }),
  ...both("the id is empty text", { top: { id: "" } }),
  ...both("the id is zero", { top: { id: 0 } }),
  ...both("the id is negative", { top: { id: -1 } }),
  ...both("the id is a fraction", { top: { id: 1.5 }, short: noShort }),
  ...both("the id is null", { top: { id: null }, short: noShort }),
  ...both("the id is an object", { top: { id: {} }, short: noShort }),
  ...both("the call has no id", { top: { id: undefined }, short: noShort }),
  ...both("progress is asked for by number", {
    params: { name: "progress" },
    meta: { progressToken: 3 },
  }),
  ...both("progress is asked for by text", {
    params: { name: "progress" },
    meta: { progressToken: "p" },
  }),
  ...both("progress is asked for by zero", {
    params: { name: "progress" },
    meta: { progressToken: 0 },
  }),
  ...both("the progress token is a fraction", {
    params: { name: "progress" },
    meta: { progressToken: 0.5 },
    short: noShort,
  }),
  ...both("the progress token is a list", {
    params: { name: "progress" },
    meta: { progressToken: [1] },
    short: noShort,
  }),
  ...both("_meta holds keys of strangers", {
    meta: { "com.example/a": { z: 1, a: 2 }, traceparent: "00-1-2-03" },
  }),
  ...both("a client answers a question", {
    params: { inputResponses: { who: { action: "accept", content: {} } }, requestState: "s" },
    short: noShort,
  }),
  ...both("a client answers a question with a number", {
    params: { inputResponses: 5 },
    short: noShort,
  }),
  ...both("the call belongs to a task", {
    meta: { "io.modelcontextprotocol/related-task": 5 },
    short: noShort,
  }),
  ...both("the tool mirrors an argument and the header is missing", {
    params: { name: "header", arguments: { region: "eu" } },
    short: noShort,
  }),
  ...both("the tool mirrors an argument and the header fits", {
    params: { name: "header", arguments: { region: "eu" } },
    headers: { "mcp-param-region": "eu" },
    short: noShort,
  }),
  ...both("the tool says that its output is a list", {
    params: { name: "list_output" },
    short: noShort,
  }),
  ...both("a name outside ASCII travels encoded", {
    params: { name: "größe" },
    headers: { "mcp-name": `=?base64?${Buffer.from("größe").toString("base64")}?=` },
  }).map((one) => (one.era === "modern" ? { ...one, short: onlyStream } : one)),
  ...both("two calls come as a batch", {
    message: [
      { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } },
      { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "echo" } },
    ],
    short: noShort,
  }),
  ...both("the message is no JSON", { message: '{"jsonrpc":', short: noShort }),
  ...both("the method does not exist", { top: { method: "tools/cal" }, short: noShort }),
];

const rawNumbers = (id: string, token: string): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"n":9007199254740993,"__proto__":{"x":1e400}},"_meta":{"progressToken":${token}}}}`;
const legacyOnly: WireCase[] = [
  call("legacy", "the arguments hold numbers beyond a double", { message: rawNumbers("7", "1") }),
  call("legacy", "the id is beyond 2^53", {
    message: rawNumbers("9007199254740993", "1"),
    short: noShort,
  }),
  call("legacy", "the progress token is beyond 2^53", {
    message: rawNumbers("7", "9007199254740993"),
    short: noShort,
  }),
  call("legacy", "_meta is a list", { params: { _meta: [] as never }, short: noShort }),
  call("legacy", "_meta is null", { params: { _meta: null }, short: noShort }),
  call("legacy", "a task is asked for", { params: { task: { ttl: 1 } }, short: noShort }),
  call("legacy", "errors are wanted as log messages", {
    params: { name: "log" },
    logLevel: "error",
  }),
  call("legacy", "all log messages are wanted", { params: { name: "log" }, logLevel: "debug" }),
  call("legacy", "there is no session", {
    headers: { "mcp-session-id": undefined },
    short: onlyStream,
  }),
  call("legacy", "the session is unknown", {
    headers: { "mcp-session-id": "nonesuch" },
    short: onlyStream,
  }),
  call("legacy", "an older version stands in the header", {
    headers: { "mcp-protocol-version": "2025-03-26" },
  }),
  call("legacy", "no version stands in the header", {
    headers: { "mcp-protocol-version": undefined },
  }),
  call("legacy", "an unknown version stands in the header", {
    headers: { "mcp-protocol-version": "1999-01-01" },
    short: onlyStream,
  }),
  call("legacy", "a modern call comes to a legacy session", { meta: envelope, short: noShort }),
];

const key = (name: string): string => `io.modelcontextprotocol/${name}`;
const modernOnly: WireCase[] = [
  call("modern", "the client says nothing of itself", { meta: { [key("clientInfo")]: undefined } }),
  call("modern", "the client has no version", {
    meta: { [key("clientInfo")]: { name: "x" } },
    short: noShort,
  }),
  call("modern", "the client has a title and a site", {
    meta: {
      [key("clientInfo")]: {
        name: "x",
        version: "1",
        title: "X",
        websiteUrl: "https://example.org",
        "x-own": 1,
      },
    },
  }),
  call("modern", "the client's title is a number", {
    meta: { [key("clientInfo")]: { name: "x", version: "1", title: 5 } },
    short: noShort,
  }),
  call("modern", "capabilities are missing", {
    meta: { [key("clientCapabilities")]: undefined },
    short: noShort,
  }),
  call("modern", "capabilities are a list", {
    meta: { [key("clientCapabilities")]: [] },
    short: noShort,
  }),
  call("modern", "one capability is a number", {
    meta: { [key("clientCapabilities")]: { elicitation: 5 } },
    short: noShort,
  }),
  call("modern", "a capability is a stranger's", {
    meta: { [key("clientCapabilities")]: { "x-own": { a: {} } } },
  }),
  call("modern", "extensions are declared", {
    params: { name: "received_context" },
    meta: { [key("clientCapabilities")]: { extensions: { "com.example/e": { a: 1 } } } },
  }),
  call("modern", "a client that can be asked is asked", {
    params: { name: "ask" },
    meta: { [key("clientCapabilities")]: { elicitation: { form: {} } } },
  }),
  call("modern", "the version is one of the past", {
    meta: { [key("protocolVersion")]: "2025-11-25" },
    short: noShort,
  }),
  call("modern", "the version is not known", {
    meta: { [key("protocolVersion")]: "2099-01-01" },
    short: noShort,
  }),
  call("modern", "the version is a number", {
    meta: { [key("protocolVersion")]: 5 as JsonValue },
    short: noShort,
  }),
  call("modern", "errors are wanted as log messages", {
    params: { name: "log" },
    meta: { [key("logLevel")]: "error" },
  }),
  call("modern", "the log level is not known", {
    meta: { [key("logLevel")]: "loud" },
    short: noShort,
  }),
  call("modern", "the version header is missing", {
    headers: { "mcp-protocol-version": undefined },
    short: onlyStream,
  }),
  call("modern", "the version header is another", {
    headers: { "mcp-protocol-version": "2025-11-25" },
    short: onlyStream,
  }),
  call("modern", "the method header is missing", {
    headers: { "mcp-method": undefined },
    short: onlyStream,
  }),
  call("modern", "the method header is another", {
    headers: { "mcp-method": "tools/list" },
    short: onlyStream,
  }),
  call("modern", "the name header is missing", {
    headers: { "mcp-name": undefined },
    short: onlyStream,
  }),
  call("modern", "the name header is another", {
    headers: { "mcp-name": "crash" },
    short: onlyStream,
  }),
  call("modern", "the name header is not valid Base64", {
    headers: { "mcp-name": "=?base64?§?=" },
    short: onlyStream,
  }),
  call("modern", "there is a session header", {
    headers: { "mcp-session-id": "s" },
    short: onlyStream,
  }),
];

const transportHeaders: WireCase[] = [
  ...both("nothing is accepted", { headers: { accept: undefined }, short: onlyStream }),
  ...both("only JSON is accepted", { headers: { accept: "application/json" }, short: onlyStream }),
  ...both("everything is accepted", { headers: { accept: "*/*" }, short: onlyStream }),
  ...both("the content type names a charset", {
    headers: { "content-type": "application/json; charset=utf-8" },
  }),
  ...both("the content type is text", {
    headers: { "content-type": "text/plain" },
    short: onlyStream,
  }),
  ...both("the content type is missing", {
    headers: { "content-type": undefined },
    short: onlyStream,
  }),
  ...both("the content type is longer than JSON's", {
    headers: { "content-type": "application/jsonp" },
    short: onlyStream,
  }),
];

export const wireCorpus: readonly WireCase[] = [
  ...bodies,
  ...legacyOnly,
  ...modernOnly,
  ...transportHeaders,
];

function list(era: WireCase["era"], name: string, extra: Extra = {}): WireCase {
  const { params, meta, top, ...rest } = extra;
  const fullMeta = era === "modern" ? { ...envelope, ...meta } : meta;
  const full = { ...params, ...(fullMeta && { _meta: clean(fullMeta) }) };
  const message = {
    ...{ jsonrpc: "2.0", id: 7, method: "tools/list" },
    ...(Object.keys(full).length > 0 && { params: full }),
    ...top,
  };
  return call(era, name, { ...rest, message });
}

/** Lists of tools, of an instance that every era can be shown as it is. */
export const listCorpus: readonly WireCase[] = [
  list("modern", "the tools are listed"),
  list("legacy", "the tools are listed"),
  list("legacy", "the params are empty", { top: { params: {} } }),
  ...(["modern", "legacy"] as const).flatMap((era) => [
    list(era, "the id is text", { top: { id: "seven" } }),
    list(era, "the id is null", { top: { id: null }, short: noShort }),
    list(era, "a page is asked for", { params: { cursor: "2" }, short: noShort }),
    list(era, "the cursor is null", { params: { cursor: null }, short: noShort }),
    list(era, "there is a field beside params", { top: { extra: 1 }, short: noShort }),
    list(era, "the params hold an unknown field", { params: { strange: 1 }, short: noShort }),
    list(era, "the params are a list", { top: { params: [] as never }, short: noShort }),
    list(era, "progress is asked for", { meta: { progressToken: 3 }, short: noShort }),
  ]),
  list("legacy", "_meta is null", { params: { _meta: null }, short: noShort }),
  list("modern", "the envelope names no version", {
    meta: { "io.modelcontextprotocol/protocolVersion": undefined },
    short: noShort,
  }),
  list("modern", "the envelope names another version", {
    meta: { "io.modelcontextprotocol/protocolVersion": "2025-11-25" },
    short: noShort,
  }),
  list("modern", "the client's capabilities are missing", {
    meta: { "io.modelcontextprotocol/clientCapabilities": undefined },
    short: noShort,
  }),
  list("modern", "the method header is another", {
    headers: { "mcp-method": "tools/call" },
    short: onlyStream,
  }),
  list("modern", "there is a name header", { headers: { "mcp-name": "echo" }, short: onlyStream }),
  list("modern", "nothing is accepted", { headers: { accept: undefined }, short: onlyStream }),
  ...(["modern", "legacy"] as const).flatMap((era) => [
    list(era, "the prompts are listed", { top: { method: "prompts/list" } }),
    list(era, "a list is asked for that is not offered", {
      top: { method: "resources/list" },
      short: noShort,
    }),
    list(era, "who it is is asked", {
      top: { method: "server/discover" },
      short: era === "modern",
    }),
    list(era, "who it is is asked with an unknown field", {
      top: { method: "server/discover" },
      params: { strange: 1 },
      short: noShort,
    }),
  ]),
];
