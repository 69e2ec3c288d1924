/**
 * A server of the SDK's first generation with tasks as 2025-11-25 has them, over stdio, or over HTTP with
 * `--http`: then the first line on stdout is its address.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import {
  InMemoryTaskMessageQueue,
  InMemoryTaskStore,
} from "@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import * as z from "zod";

// All connections have the same tasks.
const taskStore = new InMemoryTaskStore();
const KEEP_MS = 60_000;
const POLL_MS = 50;

function build(): McpServer {
  const server = new McpServer(
    { name: "core-tasks", version: "1.0.0" },
    {
      capabilities: { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } },
      taskStore,
      taskMessageQueue: new InMemoryTaskMessageQueue(),
    },
  );
  const inputSchema = { ms: z.number(), fail: z.boolean().optional() };
  for (const taskSupport of ["required", "optional"] as const) {
    server.experimental.tasks.registerToolTask(
      taskSupport === "required" ? "slow" : "maybe",
      {
        description: `Takes its time; as a task: ${taskSupport}.`,
        inputSchema,
        execution: { taskSupport },
      },
      {
        async createTask({ ms, fail }, extra) {
          const task = await extra.taskStore.createTask({ ttl: KEEP_MS, pollInterval: POLL_MS });
          setTimeout(() => void end(task.taskId, fail === true), ms);
          return { task };
        },
        getTask: (_args, { taskId, taskStore: store }) => store.getTask(taskId),
        getTaskResult: async (_args, { taskId, taskStore: store }) =>
          (await store.getTaskResult(taskId)) as never,
      },
    );
  }
  return server;
}

async function end(taskId: string, isError: boolean): Promise<void> {
  const task = await taskStore.getTask(taskId);
  if (task === null || task.status === "cancelled") return;
  const content = [{ type: "text" as const, text: isError ? "it broke" : "it is done" }];
  await taskStore.storeTaskResult(taskId, isError ? "failed" : "completed", {
    content,
    ...(isError && { isError }),
  });
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}

if (process.argv.includes("--http")) {
  const http = createServer((request, response) => {
    void (async () => {
      const transport = new StreamableHTTPServerTransport({});
      response.on("close", () => void transport.close());
      await build().connect(transport as never);
      await transport.handleRequest(request, response, await bodyOf(request));
    })();
  });
  http.listen(0, "127.0.0.1", () => {
    const { port } = http.address() as AddressInfo;
    process.stdout.write(`http://127.0.0.1:${port}/mcp\n`);
  });
} else {
  await build().connect(new StdioServerTransport() as never);
}
