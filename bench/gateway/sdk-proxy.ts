// The smallest gateway that one would write with the SDK: its client behind its server, nothing else.
import { createServer } from "node:http";
import process from "node:process";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, Server } from "@modelcontextprotocol/server";

const [kind, target = ""] = process.argv.slice(2);
const client = new Client({ name: "sdk-proxy", version: "1.0.0" });
await client.connect(
  kind === "http"
    ? new StreamableHTTPClientTransport(new URL(target))
    : new StdioClientTransport({ command: process.execPath, args: [target] }),
);

const handler = createMcpHandler(() => {
  const server = new Server(
    { name: "sdk-proxy", version: "1.0.0" },
    { capabilities: { tools: {} } },
  );
  server.setRequestHandler("tools/list", () => client.listTools());
  server.setRequestHandler("tools/call", ({ params }) =>
    client.callTool({ ...params, name: params.name.slice("echo__".length) }),
  );
  return server;
});
const node = toNodeHandler(handler);
const server = createServer((request, response) => void node(request as never, response));
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as { port: number }).port}/mcp\n`);
});
