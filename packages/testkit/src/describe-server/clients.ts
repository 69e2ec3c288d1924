import { Client as ClientV2, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { JsonObject } from "@trestle/protocol";
import type { Bench, ServerUnderTest } from "./subject.ts";

/** What the real clients have in common. */
export interface AnyClient {
  listTools(): Promise<JsonObject[]>;
  callTool(name: string, args: JsonObject): Promise<JsonObject>;
  close(): Promise<void>;
}

const info = { name: "contract", version: "1" };

/** The clients that every server must serve. */
export const clients: Record<
  string,
  (subject: ServerUnderTest, bench: Bench) => Promise<AnyClient>
> = {
  "the v2 client in the modern era": (subject, bench) => connectV2(subject, bench, "auto"),
  "the v2 client in the legacy era": (subject, bench) => connectV2(subject, bench, "legacy"),
  "the v1 client": connectV1,
};

type Mode = "auto" | "legacy";

/** The v2 client over Streamable HTTP, in the modern era (`auto`) or in the legacy one. */
export function connectHttp(url: string, mode: Mode): Promise<AnyClient> {
  return connect(new StreamableHTTPClientTransport(new URL(url)), mode);
}

function connectV2(subject: ServerUnderTest, bench: Bench, mode: Mode): Promise<AnyClient> {
  return connect(new StdioV2(startOptions(subject, bench)), mode);
}

async function connect(
  transport: StdioV2 | StreamableHTTPClientTransport,
  mode: Mode,
): Promise<AnyClient> {
  const client = new ClientV2(info, { versionNegotiation: { mode } });
  await client.connect(transport);
  const expected = mode === "auto" ? "modern" : "legacy";
  if (client.getProtocolEra() !== expected) {
    throw new Error(`Negotiated the ${client.getProtocolEra()} era, not the ${expected} one.`);
  }
  return {
    listTools: async () => (await client.listTools()).tools as unknown as JsonObject[],
    callTool: async (name, args) =>
      (await client.callTool({ name, arguments: args })) as unknown as JsonObject,
    close: () => client.close(),
  };
}

async function connectV1(subject: ServerUnderTest, bench: Bench): Promise<AnyClient> {
  const client = new ClientV1(info);
  await client.connect(new StdioV1(startOptions(subject, bench)));
  return {
    listTools: async () => (await client.listTools()).tools as unknown as JsonObject[],
    callTool: async (name, args) =>
      (await client.callTool({ name, arguments: args })) as unknown as JsonObject,
    close: () => client.close(),
  };
}

function startOptions({ spawn }: ServerUnderTest, bench: Bench) {
  return {
    command: spawn.command,
    args: [...spawn.args],
    env: bench.environment,
    cwd: bench.home,
    stderr: "ignore" as const,
  };
}
