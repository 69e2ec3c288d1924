import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { compileCache } from "../surroundings/node-environment.ts";

const PROGRAM = fileURLToPath(new URL("./faulty-server.ts", import.meta.url));

export interface FaultyOptions {
  /** The folder of its ledger. */
  readonly root: string;
  readonly name: string;
  /** `--ignores-keys`, `--chance=429:0.1`, `--seed=7`: as faulty-server.ts says. */
  readonly flags?: readonly string[];
}

/** The command line of a faulty server on stdio. */
export function faultyCommand({ root, name, flags = [] }: FaultyOptions): {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
} {
  const args = [PROGRAM, `--root=${root}`, `--name=${name}`, ...flags];
  return { command: process.execPath, args, env: compileCache() };
}

/** A faulty server on HTTP, as a process of its own. */
export interface FaultyHttp {
  readonly url: string;
  readonly child: ChildProcess;
}

/** Starts one on this port, or on a free one. */
export async function startFaultyHttp(options: FaultyOptions, port = 0): Promise<FaultyHttp> {
  const { command, args } = faultyCommand(options);
  const child = spawn(command, [...args, `--port=${port}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout as NodeJS.ReadableStream, "data");
  const at = /port (\d+)/.exec(String(line))?.[1];
  return { url: `http://127.0.0.1:${at}/mcp`, child };
}
