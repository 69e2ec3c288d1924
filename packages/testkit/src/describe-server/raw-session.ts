import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { type JsonObject, LATEST_LEGACY_VERSION, type RpcResponse } from "@trestle/protocol";
import { createInbox, type Inbox } from "./inbox.ts";

/** A server process spoken to line by line, so that every byte on its stdout is seen. */
export interface RawSession {
  readonly pid: number;
  /** Lines of stdout as they came. */
  readonly lines: readonly string[];
  readonly stderr: string;
  /** Resolves with the first part of stderr that matches. */
  logged(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code, or the signal that ended the process. */
  readonly exited: Promise<number | string | null>;
  send(message: JsonObject): void;
  /** Sends a request and resolves with its response. */
  request(method: string, params?: JsonObject): Promise<RpcResponse>;
  /** Resolves with the first notification of this method that comes or has come. */
  notification(method: string): Promise<JsonObject>;
  /** The handshake of the legacy era. */
  initialize(): Promise<RpcResponse>;
  /** tools/call; rejects with the JSON-RPC error. */
  call(tool: string, args: JsonObject, meta?: JsonObject): Promise<JsonObject>;
  endInput(): void;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface RawSessionOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export function startRawSession(options: RawSessionOptions): RawSession {
  const { command, args, env, cwd } = options;
  const child = spawn(command, args, { env: { ...env }, cwd, stdio: ["pipe", "pipe", "pipe"] });
  const exited = once(child, "close").then(([code, signal]) => code ?? signal);
  const log = createLog(child.stderr, exited);
  const ended = exited.then((code) => `The server ended (${code}): ${log.text()}`);
  const inbox = createInbox(child.stdout, ended);
  // Writing to a server that has ended is told by what it does not answer.
  child.stdin.on("error", () => {});
  const send = (message: JsonObject) =>
    void child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

  return {
    pid: child.pid ?? -1,
    lines: inbox.lines,
    get stderr() {
      return log.text();
    },
    logged: log.waitFor,
    exited,
    send,
    ...createRequests(send, inbox),
    endInput: () => void child.stdin.end(),
    async kill(signal = "SIGKILL") {
      child.kill(signal);
      await exited;
    },
  };
}

function createRequests(
  send: RawSession["send"],
  inbox: Inbox,
): Pick<RawSession, "request" | "notification" | "initialize" | "call"> {
  let lastId = 0;

  async function request(method: string, params: JsonObject = {}): Promise<RpcResponse> {
    lastId += 1;
    const id = lastId;
    send({ id, method, params });
    return (await inbox.waitFor((message) => message.id === id)) as unknown as RpcResponse;
  }

  return {
    request,
    notification: (method) => inbox.waitFor((message) => message.method === method),
    async initialize() {
      const answer = await request("initialize", {
        protocolVersion: LATEST_LEGACY_VERSION,
        capabilities: {},
        clientInfo: { name: "contract", version: "1" },
      });
      send({ method: "notifications/initialized" });
      return answer;
    },
    async call(tool, args, meta = {}) {
      const answer = await request("tools/call", { name: tool, arguments: args, _meta: meta });
      if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
      return answer.result ?? {};
    },
  };
}

function createLog(stderr: Readable, exited: Promise<unknown>) {
  let text = "";
  stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });

  async function waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(text);
      if (found) return found;
      const more = once(stderr, "data").then(() => true);
      const ended = exited.then(() => false);
      if (!(await Promise.race([more, ended])) && !pattern.test(text)) {
        throw new Error(`The server ended without logging ${pattern}: ${text}`);
      }
    }
  }

  return { text: () => text, waitFor };
}
