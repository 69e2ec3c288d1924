import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { FIRST_LIST } from "../first-list.ts";
import { cpuMilliseconds, residentMegabytes } from "../gateway/process-figures.ts";
import { progress } from "../measure.ts";

/** One start, from the spawning of the process to its first list. */
export interface Start {
  readonly ms: number;
  /** Processor time of the process until then. */
  readonly cpuMs: number;
  /** Resident memory of the process then, in MB. */
  readonly megabytes: number;
  readonly tools: number;
}

/** Name of a program → its file in the folder of the installation, and its arguments. */
export type Programs = Readonly<Record<string, readonly [file: string, ...args: string[]]>>;

/**
 * Starts the programs by turns, as a host does it over stdio, each in a home of its own that it meets again in the next
 * round. The first round is of homes that are new.
 */
export async function measureStarts(
  folder: string,
  programs: Programs,
  rounds: number,
): Promise<ReadonlyMap<string, readonly Start[]>> {
  const all = new Map<string, Start[]>();
  for (let round = 0; round <= rounds; round += 1) {
    progress(`starts, round ${round} of ${rounds}`);
    for (const [name, [file, ...args]] of Object.entries(programs)) {
      const home = join(folder, "homes", name.replaceAll(/\W/g, "-"));
      mkdirSync(home, { recursive: true });
      all.set(name, [...(all.get(name) ?? []), await startOnce(join(folder, file), args, home)]);
    }
  }
  return all;
}

async function startOnce(file: string, args: readonly string[], home: string): Promise<Start> {
  const from = performance.now();
  const child = spawn(process.execPath, [file, ...args], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, TRESTLE_HOME: join(home, ".trestle") },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = once(child, "exit");
  child.stdin.write(FIRST_LIST);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const { id, result } = JSON.parse(line) as { id?: unknown; result?: { tools?: object[] } };
      if (id !== 1) continue;
      const ms = performance.now() - from;
      const pid = child.pid ?? 0;
      const tools = result?.tools?.length ?? 0;
      if (tools === 0) throw new Error(`${file} listed no tools.`);
      return { ms, cpuMs: cpuMilliseconds(pid), megabytes: residentMegabytes(pid), tools };
    }
    throw new Error(`${file} ended before it listed its tools.`);
  } finally {
    child.stdin.end();
    await ended;
  }
}
