import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";

export type UpstreamKind = "stdio" | "http";

/** Something that is called in the benchmark. */
export interface Peer {
  readonly name: string;
  readonly url: string;
  /** What stands before the name of an upstream's tool there. */
  readonly prefix: string;
  readonly pid: number;
  /** What it asks of its callers, if it does. */
  readonly key?: string;
  /** How often each tool was called there. */
  readonly sent: Map<string, number>;
  stop(): Promise<void>;
}

export interface Program {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
export const echoFile = file("./echo.ts");
export const watchersFile = file("./watchers.ts");

/** The echo server itself, over HTTP. */
export function startDirect(): Promise<Peer> {
  return startPeer("direct", "", [echoFile, "http"]);
}

/** The hand-written floor in front of an echo server of its own. */
export function startFloor(kind: UpstreamKind): Promise<Peer> {
  return startGateway("floor", file("./floor.ts"), kind);
}

/** The SDK's smallest proxy in front of an echo server of its own. */
export function startSdkProxy(kind: UpstreamKind): Promise<Peer> {
  return startGateway("sdk-proxy", file("./sdk-proxy.ts"), kind);
}

async function startGateway(name: string, program: string, kind: UpstreamKind): Promise<Peer> {
  const upstream = await startUpstream(kind);
  const peer = await startPeer(name, "echo__", [program, kind, upstream.target]);
  return {
    ...peer,
    async stop() {
      await peer.stop();
      await upstream.stop();
    },
  };
}

/** An echo server for one gateway: its address where it runs already, its file where it is to be started. */
export async function startUpstream(
  kind: UpstreamKind,
): Promise<{ readonly target: string; stop(): Promise<void> }> {
  if (kind === "stdio") return { target: echoFile, stop: async () => {} };
  const { url, stop } = await startDirect();
  return { target: url, stop };
}

async function startPeer(name: string, prefix: string, args: readonly string[]): Promise<Peer> {
  const { child, stop } = startProgram(args);
  const url = await firstUrl(child, name);
  return { name, prefix, url, pid: child.pid ?? 0, sent: new Map(), stop };
}

/** Starts Node. What ends by itself is noticed by whoever waits for its address. */
export function startProgram(args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    // The fourth is for programs that are asked for more than they say by themselves.
    stdio: ["pipe", "pipe", "inherit", "pipe"],
  });
  return {
    child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

export function firstUrl(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const url = /http:\/\/\S+\/mcp/.exec(said)?.[0];
      if (url) resolve(url);
    });
    child.once("exit", (code) => reject(new Error(`${name} ended with code ${code}: ${said}`)));
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
