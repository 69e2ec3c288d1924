import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { completable, createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";

/** A server that notes whatever reaches it, besides lists. */
export interface CountingUpstream {
  readonly url: string;
  readonly seen: readonly string[];
  close(): Promise<void>;
}

const READS = { readOnlyHint: true };

export async function startCountingUpstream(name: string): Promise<CountingUpstream> {
  const seen: string[] = [];
  const saw = (what: string) => void seen.push(`${name} ${what}`);
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name, version: "1.0.0" });
    const tools = { echo: READS, secret: READS, two__echo: READS, write: {}, Secret: READS };
    for (const [tool, annotations] of Object.entries(tools)) {
      const inputSchema = z.looseObject({ text: z.string().optional() });
      server.registerTool(tool, { description: tool, inputSchema, annotations }, (args) => {
        saw(tool);
        return { content: [{ type: "text", text: `${name} ${tool} ${JSON.stringify(args)}` }] };
      });
    }
    server.registerResource("secret", "demo://secret", {}, (uri) => {
      saw("resource");
      return { contents: [{ uri: uri.href, text: "the secret" }] };
    });
    const argsSchema = z.object({
      word: completable(z.string(), () => {
        saw("completion");
        return ["the secret"];
      }),
    });
    server.registerPrompt("secret", { argsSchema }, () => {
      saw("prompt");
      return { messages: [{ role: "user", content: { type: "text", text: "the secret" } }] };
    });
    return server;
  });
  const node = toNodeHandler(handler);
  const server = createServer((request, response) => void node(request as never, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
