import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

type Json = Readonly<Record<string, unknown>>;

/** An MCP server of somebody on stdio, asked as a host asks it. */
export interface StdioServer {
  readonly pid: number;
  request(method: string, params: Json): Promise<Json>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 20_000;

export function startServer(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): StdioServer {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const waiting = new Map<number, (message: Json) => void>();
  const exit = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let errors = "";
  let last = 0;
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk).slice(0, 2_000);
  });
  child.stdin.on("error", () => {});
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return;
    const message = JSON.parse(line) as Json;
    if (typeof message.id === "number") waiting.get(message.id)?.(message);
  });

  async function request(method: string, params: Json): Promise<Json> {
    last += 1;
    const id = last;
    const answer = new Promise<Json>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${method}`)), PATIENCE_MS);
      const end = () => reject(new Error(`ended: ${errors.trim()}`));
      child.once("close", end);
      waiting.set(id, (message) => {
        clearTimeout(timer);
        child.off("close", end);
        waiting.delete(id);
        resolve(message);
      });
    });
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(JSON.stringify(error));
    return result as Json;
  }

  return {
    pid: child.pid ?? 0,
    request,
    async stop() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 2_000);
      await exit;
      clearTimeout(timer);
    },
  };
}

/** The handshake of a host and its first list. */
export async function listTools(server: StdioServer): Promise<readonly Json[]> {
  await server.request("initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "bench", version: "1.0.0" },
  });
  const { tools } = await server.request("tools/list", {});
  return tools as readonly Json[];
}
