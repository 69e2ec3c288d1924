import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { JsonObject } from "@trestle/protocol";

/** How to reach a server: by a command line or at a URL. */
export type Reach =
  | { readonly command: string; readonly args: string[]; readonly env?: Record<string, string> }
  | { readonly url: string };

/** The clients that people have: current, held to the handshake era, and of the SDK before. */
export const CLIENT_KINDS = ["v2", "v2 pinned to 2025-11-25", "v1"] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

export type Ask =
  | "listTools"
  | "callTool"
  | "listPrompts"
  | "getPrompt"
  | "listResources"
  | "listResourceTemplates"
  | "readResource"
  | "complete";

export interface AskOptions {
  readonly onprogress?: (progress: JsonObject) => void;
  readonly signal?: AbortSignal;
}

/** What the SDKs' clients have in common. */
export interface AnyClient {
  ask(method: Ask, params?: JsonObject, options?: AskOptions): Promise<JsonObject>;
  close(): Promise<void>;
}

const info = { name: "equality", version: "1.0.0" };

export async function connectClient(
  kind: ClientKind,
  reach: Reach,
  capabilities: JsonObject = {},
): Promise<AnyClient> {
  if (kind === "v1") {
    const client = new ClientV1(info, { capabilities });
    await client.connect(
      "url" in reach ? (new HttpV1(new URL(reach.url)) as never) : new StdioV1(quiet(reach)),
    );
    return common(client);
  }
  const client = new Client(info, {
    capabilities,
    versionNegotiation: { mode: kind === "v2" ? "auto" : "legacy" },
  });
  await client.connect(
    "url" in reach
      ? new StreamableHTTPClientTransport(new URL(reach.url))
      : new StdioClientTransport(quiet(reach)),
  );
  return common(client);
}

function quiet<R extends object>(reach: R): R & { stderr: "ignore" } {
  return { ...reach, stderr: "ignore" };
}

function common(client: unknown): AnyClient {
  const methods = client as Record<Ask, (...args: unknown[]) => Promise<JsonObject>> & {
    close(): Promise<void>;
  };
  return {
    ask: (method, params, options) =>
      method === "callTool" && client instanceof ClientV1
        ? methods[method](params, undefined, options)
        : methods[method](params, options),
    close: () => methods.close(),
  };
}
