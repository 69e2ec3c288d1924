import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

type Json = Record<string, unknown>;

/** The barest MCP client: one process, one JSON-RPC message per line, no SDK in between. */
export interface LineClient {
  readonly child: ChildProcess;
  request(method: string, params?: Json): Promise<Json>;
  /** Ends stdin and waits for the process; returns its exit code. */
  close(): Promise<number | null>;
}

export interface StartOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Starts a server and shakes hands as a client of the legacy era. */
export async function startLineClient(
  command: readonly [string, ...string[]],
  { cwd, env }: StartOptions,
): Promise<LineClient> {
  const [file, ...args] = command;
  const child = spawn(file, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  const waiting = new Map<number, (message: Json) => void>();
  const ended = once(child, "exit") as Promise<[number | null]>;
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString("utf8");
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Json;
    waiting.get(message.id as number)?.(message);
  });

  let lastId = 0;
  async function request(method: string, params: Json = {}): Promise<Json> {
    lastId += 1;
    const id = lastId;
    const answered = new Promise<Json>((resolve) => waiting.set(id, resolve));
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    const answer = await Promise.race([answered, ended.then(([code]) => diedWith(code))]);
    if (answer.error !== undefined) throw new Error(JSON.stringify(answer.error));
    return answer.result as Json;
  }

  function diedWith(code: number | null): never {
    throw new Error(`${file} ended with ${code} instead of answering:\n${errors}`);
  }

  async function close(): Promise<number | null> {
    child.stdin.end();
    const [code] = await ended;
    return code;
  }

  const clientInfo = { name: "line-client", version: "1.0.0" };
  await request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
  child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  return { child, request, close };
}
