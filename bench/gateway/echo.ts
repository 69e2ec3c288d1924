// The upstream: answers by hand, without an SDK, so that what is measured is what stands in front of it.
import { createServer } from "node:http";
import process from "node:process";

const readOnly = {
  annotations: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
};
const tools = [
  {
    name: "echo",
    description: "Gives back its argument",
    inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
    ...readOnly,
  },
  {
    name: "page",
    description: "Gives so many characters",
    inputSchema: {
      type: "object",
      properties: { characters: { type: "integer" } },
      required: ["characters"],
    },
    ...readOnly,
  },
  {
    name: "count",
    description: "How often the others were called",
    inputSchema: { type: "object" },
    ...readOnly,
  },
];
const counts = { echo: 0, page: 0 };

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: { readonly text?: string; readonly characters?: number };
  };
}

function answer({ id, method, params }: Message): object | undefined {
  if (id === undefined) return undefined;
  return { jsonrpc: "2.0", id, ...outcome(method, params) };
}

function outcome(method: string | undefined, params: Message["params"]): object {
  if (method === "tools/call") return { result: call(params) };
  if (method === "tools/list") return { result: { tools } };
  if (method === "initialize") {
    const serverInfo = { name: "echo", version: "1.0.0" };
    return { result: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo } };
  }
  return { error: { code: -32601, message: "Method not found" } };
}

function call(params: Message["params"]): object {
  if (params?.name === "count") return text(`echo ${counts.echo}, page ${counts.page}`);
  if (params?.name === "page") {
    counts.page += 1;
    return text("x".repeat(params.arguments?.characters ?? 0));
  }
  counts.echo += 1;
  return text(params?.arguments?.text ?? "");
}

function text(value: string): object {
  return { content: [{ type: "text", text: value }] };
}

function serveStdio(): void {
  let rest = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    let out = "";
    for (const line of lines) {
      const reply = answer(JSON.parse(line));
      if (reply) out += `${JSON.stringify(reply)}\n`;
    }
    if (out) process.stdout.write(out);
  });
}

function serveHttp(): void {
  const server = createServer((request, response) => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const reply = answer(JSON.parse(body));
      if (!reply) return void response.writeHead(202).end();
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(reply));
    });
  });
  // A gateway whose turn it is not keeps its connections: the floor does not expect them to be closed.
  server.keepAliveTimeout = 600_000;
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`http://127.0.0.1:${(server.address() as { port: number }).port}/mcp\n`);
  });
}

if (process.argv[2] === "http") serveHttp();
else serveStdio();
