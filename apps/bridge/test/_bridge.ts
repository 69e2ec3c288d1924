import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programOf } from "@trestle/testkit/run";
import { wasmFlags } from "@trestle/testkit/surroundings";

const MAIN = await programOf(new URL("../src/main.ts", import.meta.url));
const START_MS = 120_000;
const STOP_MS = 10_000;

export interface BridgeOptions {
  /** What stands in its trestle.json. */
  readonly config: object;
  /** A home to share; without it the bridge has one of its own, removed with `stop`. */
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** To listen at; without it a free one. */
  readonly port?: number;
}

/** A bridge as a process of its own. */
export interface RunningBridge {
  readonly url: string;
  readonly pid: number;
  readonly home: string;
  /** What it printed when it was up. */
  readonly block: string;
  readonly child: ChildProcessWithoutNullStreams;
  readonly exited: Promise<number | null>;
  stop(): Promise<number | null>;
}

/** Starts `trestle serve` on a free port and waits until it says that it runs. */
export async function startBridge(options: BridgeOptions): Promise<RunningBridge> {
  const { args, env, home, remove } = bridgeCommand(options);
  const child = spawn(process.execPath, [...args, "--port", String(options.port ?? 0)], {
    env,
    cwd: home,
  });
  const exited = exitOf(child);
  child.stdin.end();
  const block = await printed(child, /any HTTP client.*\n/);
  const url = /address\s+(\S+)/.exec(block)?.[1] ?? "";
  const stop = async (): Promise<number | null> => {
    const code = await end(child, exited);
    remove();
    return code;
  };
  return { url, pid: child.pid as number, home, block, child, exited, stop };
}

/** The command line of `trestle serve --stdio`, for clients that start it themselves. */
export function stdioBridge(options: BridgeOptions): {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly home: string;
  remove(): void;
} {
  const { args, env, home, remove } = bridgeCommand(options);
  return { command: process.execPath, args: [...args, "--stdio"], env, home, remove };
}

/** Ends a process that we started: TERM, then KILL. */
export async function end(
  child: ChildProcessWithoutNullStreams,
  exited: Promise<number | null> = exitOf(child),
): Promise<number | null> {
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  child.kill("SIGTERM");
  const code = await exited;
  clearTimeout(timer);
  return code;
}

/** Everything on stdout and stderr up to the line that `pattern` matches. */
export function printed(child: ChildProcessWithoutNullStreams, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => fail(`nothing within ${START_MS} ms`), START_MS);
    const fail = (reason: string): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`The process did not print ${pattern} (${reason}). It said: ${text}`));
    };
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!pattern.test(text)) return;
      clearTimeout(timer);
      resolve(text);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`exit code ${code}`));
  });
}

export function temporaryFolder(name = "trestle-test"): string {
  return mkdtempSync(join(tmpdir(), `${name}-`));
}

function bridgeCommand({ config, home = temporaryFolder(), env }: BridgeOptions): {
  args: string[];
  env: Record<string, string>;
  home: string;
  remove: () => void;
} {
  const file = join(home, "trestle.json");
  writeFileSync(file, JSON.stringify(config));
  return {
    args: [...wasmFlags, MAIN, "--config", file, "serve"],
    env: { ...inherited(), TRESTLE_HOME: home, ...env },
    home,
    remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Our own environment without what would change a bridge. */
function inherited(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("TRESTLE_") && !name.startsWith("MCP_"),
  );
  return Object.fromEntries(kept as [string, string][]);
}

function exitOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}
