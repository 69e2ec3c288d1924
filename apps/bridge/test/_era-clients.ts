import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type Era, type JsonObject, META } from "@trestle/protocol";
import type { Reach } from "./_clients.ts";

/** How a client answers what it is asked, by the method it is asked with: what is missing it does not declare. */
export interface ClientAnswers {
  readonly "elicitation/create"?: (params: JsonObject) => JsonObject | Promise<JsonObject>;
  readonly "sampling/createMessage"?: (params: JsonObject) => JsonObject;
  readonly "roots/list"?: () => JsonObject;
}

export interface EraClientOptions {
  readonly era: Era;
  readonly reach: Reach;
  readonly answers?: ClientAnswers;
  /** Sent with every request over HTTP. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A modern client then gets the questions as results, and answers nothing by itself. */
  readonly byHand?: boolean;
}

export interface EraClient {
  readonly era: Era;
  call(name: string, args?: JsonObject, options?: EraCallOptions): Promise<JsonObject>;
  read(uri: string): Promise<JsonObject>;
  /** The exposed names of all tools. */
  names(): Promise<string[]>;
  /** Hears of changes of this resource, and of the tools. */
  watch(uri: string): Promise<void>;
  /** Asks for log messages of this level and above. */
  logFrom(level: "debug" | "warning"): Promise<void>;
  /** The methods, with the URI or the data where there is one, of all that it heard of. */
  readonly heard: string[];
  close(): Promise<void>;
}

export interface EraCallOptions {
  readonly onprogress?: (progress: JsonObject) => void;
  readonly signal?: AbortSignal;
  /** Beside name and arguments. */
  readonly more?: JsonObject;
}

const info = { name: "of an era", version: "1.0.0" };
const V1_SCHEMAS = {
  "elicitation/create": ElicitRequestSchema,
  "sampling/createMessage": CreateMessageRequestSchema,
  "roots/list": ListRootsRequestSchema,
} as const;

/** A client of today's SDK for the modern era, and of the SDK before for the legacy one. */
export function connectEra(options: EraClientOptions): Promise<EraClient> {
  return options.era === "modern" ? connectModern(options) : connectLegacy(options);
}

async function connectModern(options: EraClientOptions): Promise<EraClient> {
  const { reach, answers = {}, headers, byHand = false } = options;
  const client = new Client(info, {
    versionNegotiation: { mode: { pin: "2026-07-28" } },
    capabilities: capabilitiesOf(answers),
    inputRequired: { autoFulfill: !byHand },
  });
  for (const [method, answer] of Object.entries(answers))
    client.setRequestHandler(
      method as "elicitation/create",
      async ({ params }) => (await answer(params as never)) as never,
    );
  const heard: string[] = [];
  const hear = ({ method, params }: { method: string; params?: object | undefined }): void => {
    heard.push(wordOf(method, params));
  };
  client.setNotificationHandler("notifications/tools/list_changed", hear);
  client.setNotificationHandler("notifications/resources/updated", hear);
  client.setNotificationHandler("notifications/message", hear);
  let logLevel: string | undefined;
  const http = headers === undefined ? {} : { requestInit: { headers: { ...headers } } };
  await client.connect(
    "url" in reach
      ? new StreamableHTTPClientTransport(new URL(reach.url), http)
      : new StdioClientTransport({ ...reach, stderr: "ignore" }),
  );
  return {
    ...common(client as never, heard),
    era: "modern",
    async call(name, args = {}, { more, onprogress, signal } = {}) {
      const _meta = logLevel === undefined ? {} : { [META.logLevel]: logLevel };
      const params = { name, arguments: args, ...more, _meta };
      const rest = { ...(onprogress && { onprogress }), ...(signal && { signal }) };
      return (await client.callTool(params, {
        ...rest,
        ...(byHand && { allowInputRequired: true }),
      } as never)) as unknown as JsonObject;
    },
    async watch(uri) {
      await client.listen({ toolsListChanged: true, resourceSubscriptions: [uri] });
    },
    async logFrom(level) {
      logLevel = level;
    },
  };
}

async function connectLegacy(options: EraClientOptions): Promise<EraClient> {
  const { reach, answers = {}, headers } = options;
  const client = new ClientV1(info, { capabilities: capabilitiesOf(answers) });
  for (const [method, answer] of Object.entries(answers))
    client.setRequestHandler(V1_SCHEMAS[method as "roots/list"], async ({ params }) =>
      answer(params as never),
    );
  const heard: string[] = [];
  client.fallbackNotificationHandler = async ({ method, params }) => {
    heard.push(wordOf(method, params));
  };
  const http = headers === undefined ? {} : { requestInit: { headers: { ...headers } } };
  await client.connect(
    ("url" in reach
      ? new HttpV1(new URL(reach.url), http)
      : new StdioV1({ ...reach, stderr: "ignore" })) as never,
  );
  return {
    ...common(client as never, heard),
    era: "legacy",
    async call(name, args = {}, { onprogress, signal } = {}) {
      const rest = { ...(onprogress && { onprogress }), ...(signal && { signal }) };
      return (await client.callTool({ name, arguments: args }, undefined, rest)) as JsonObject;
    },
    async watch(uri) {
      await client.subscribeResource({ uri });
    },
    async logFrom(level) {
      await client.setLoggingLevel(level);
    },
  };
}

interface Common {
  listTools(params?: object, options?: object): Promise<{ tools: { name: string }[] }>;
  readResource(params: { uri: string }): Promise<JsonObject>;
  close(): Promise<void>;
}

function common(
  client: Common,
  heard: string[],
): Pick<EraClient, "read" | "names" | "heard" | "close"> {
  return {
    heard,
    read: (uri) => client.readResource({ uri }),
    names: async () => {
      const { tools } = await client.listTools({}, { cacheMode: "refresh" });
      return tools.map(({ name }) => name);
    },
    close: () => client.close(),
  };
}

function capabilitiesOf(answers: ClientAnswers): JsonObject {
  return {
    ...(answers["elicitation/create"] && { elicitation: { form: {} } }),
    ...(answers["sampling/createMessage"] && { sampling: {} }),
    ...(answers["roots/list"] && { roots: {} }),
  };
}

function wordOf(method: string, params: object | undefined): string {
  const { uri, data } = (params ?? {}) as { uri?: string; data?: unknown };
  const what = uri ?? data;
  return what === undefined ? method : `${method} ${what}`;
}
